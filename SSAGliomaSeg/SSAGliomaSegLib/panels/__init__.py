"""The sections of SSAGliomaSeg's panel: each connects its widgets to the logic and keeps no state of its own."""

from __future__ import annotations


def makeSections(ui, logic, owner) -> list:
    """Return the sections in the order of the panel."""
    from SSAGliomaSegLib.panels.advanced import AdvancedSection
    from SSAGliomaSegLib.panels.batch import BatchSection
    from SSAGliomaSegLib.panels.compare import CompareSection
    from SSAGliomaSegLib.panels.correct import CorrectSection
    from SSAGliomaSegLib.panels.results import ResultsSection
    from SSAGliomaSegLib.panels.segment import SegmentSection
    from SSAGliomaSegLib.panels.sequences import SequencesSection

    classes = (
        SequencesSection,
        SegmentSection,
        ResultsSection,
        CompareSection,
        CorrectSection,
        BatchSection,
        AdvancedSection,
    )
    return [section(ui, logic, owner) for section in classes]
