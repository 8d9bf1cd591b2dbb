"""Training: configuration, data, augmentation, losses, loop, checkpoints, folds."""
