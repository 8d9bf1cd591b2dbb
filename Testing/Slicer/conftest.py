"""Fixtures of the tests on a real MRML scene."""

from correct_scene import correcting, student  # noqa: F401
from lib_children import script  # noqa: F401
from lib_scene import bare_scene  # noqa: F401
from lib_segments import a_result  # noqa: F401
from seg_refusals import mended, refused  # noqa: F401
from seg_scene import (  # noqa: F401
    apply,
    boxed,
    boxed_scene,
    patch_folder,
    quick_child,
    segmented,
    segmented_scene,
    widget,
)
from style_scene import (  # noqa: F401
    quick_model,
    remembered_verdicts,
    stage,
    theatre,
    tiny_adaconv,
)
from train_scene import (  # noqa: F401
    desk,
    failing_child,
    kept_panel,
    own_cases,
    shipped,
    sleeper,
    tiny_cases,
)
