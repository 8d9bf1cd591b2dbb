"""The parts of SSAStyleTransfer: logic by topic, and one panel file for each part of the screen."""
