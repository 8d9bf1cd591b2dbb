"""The parts of SSAGliomaSeg: logic by topic, and one panel file for each section of the screen."""
