# Written by scripts/cmake_lists.py (make lists). A test compares it with the disk.
set(SSAGLIOMA_RESOURCE_FILES
  "Models/README.md"
  "Models/glioma-2d-small/card.json"
  "Models/glioma-2d-small/model.safetensors"
  "SampleCases/ICBM152-painted-001/ICBM152-painted-001-seg.nii.gz"
  "SampleCases/ICBM152-painted-001/ICBM152-painted-001-t1c.nii.gz"
  "SampleCases/ICBM152-painted-001/ICBM152-painted-001-t1n.nii.gz"
  "SampleCases/ICBM152-painted-001/ICBM152-painted-001-t2f.nii.gz"
  "SampleCases/ICBM152-painted-001/ICBM152-painted-001-t2w.nii.gz"
  "SampleCases/ICBM152-painted-001/NOTICE.txt"
  "SampleCases/README.md"
  )
