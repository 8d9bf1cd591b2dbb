"""The parts of SSAStyleTransfer's panel: each connects its widgets to the logic and keeps no state of its own."""

from __future__ import annotations


def makeSections(ui, logic, owner) -> list:
    """Return the parts in the order of the panel; the panel's timers live in `PreviewSection`."""
    from SSAStyleTransferLib.panels.apply import ApplySection
    from SSAStyleTransferLib.panels.charts import ChartsSection
    from SSAStyleTransferLib.panels.inputs import InputsSection
    from SSAStyleTransferLib.panels.lessons import LessonsSection
    from SSAStyleTransferLib.panels.method import MethodSection
    from SSAStyleTransferLib.panels.preview import PreviewSection
    from SSAStyleTransferLib.panels.scanner import ScannerSection
    from SSAStyleTransferLib.panels.seeing import SeeingSection
    from SSAStyleTransferLib.panels.train import TrainPanel

    classes = (
        InputsSection,
        MethodSection,
        PreviewSection,
        SeeingSection,
        ChartsSection,
        ApplySection,
        ScannerSection,
        TrainPanel,
        LessonsSection,
    )
    return [section(ui, logic, owner) for section in classes]
