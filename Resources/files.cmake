# Written by scripts/cmake_lists.py (make lists). A test compares it with the disk.
set(SSAGLIOMA_RESOURCE_FILES
  "Models/README.md"
  "SampleCases/README.md"
  )
