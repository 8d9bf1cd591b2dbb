"""Published ways of training as runnable recipes; modules `recipe*` register themselves with `training.recipes`."""
