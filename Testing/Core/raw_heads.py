"""A head with a tumour that can be scanned on any grid: nested ellipsoids with skull, in four contrasts."""

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.grid import Grid
from ssaglioma.preprocessing.rigid_transform import RigidTransform

HALF_MM = np.array([76.0, 92.0, 72.0])
TUMOUR_MM, TUMOUR_RADIUS_MM = np.array([28.0, -22.0, 18.0]), 17.0
# scalp, skull, fluid, cortex, white matter, tumour
BRIGHTNESS = {
    Sequence.T1N: (480, 40, 110, 290, 380, 260),
    Sequence.T1C: (470, 40, 120, 300, 390, 560),
    Sequence.T2W: (260, 40, 620, 380, 300, 520),
    Sequence.T2F: (280, 40, 70, 330, 280, 560),
}


def turned(degrees_xyz, shift_mm):
    """The rigid way with these turns about X, Y and Z and this shift."""
    matrix = np.eye(4)
    for axis, angle in enumerate(np.deg2rad(degrees_xyz)):
        one, first, second = np.eye(3), (axis + 1) % 3, (axis + 2) % 3
        one[first, first] = one[second, second] = np.cos(angle)
        one[first, second], one[second, first] = -np.sin(angle), np.sin(angle)
        matrix[:3, :3] = one @ matrix[:3, :3]
    matrix[:3, 3] = shift_mm
    return RigidTransform(matrix)


def head_grid(spacing=(5.0, 3.0, 3.0), direction=None, margin_mm=20.0):
    """A grid around the head, whose middle is the origin of the patient's space."""
    axes = np.eye(3) if direction is None else direction
    reach = np.abs(axes.T @ HALF_MM) + margin_mm  # along X, Y, Z of the array
    shape = tuple(int(np.ceil(2 * half / step)) for half, step in zip(reach[::-1], spacing))
    first = -(np.array(shape[::-1]) - 1) / 2 * np.array(spacing[::-1])
    return Grid(shape, spacing, tuple(axes @ first), tuple(np.asarray(axes, float).ravel()))


def tissues(grid, pose=None):
    """Tissue of each voxel: 0 air, then the order of `BRIGHTNESS`; `pose` moves the head's points to the scanner's."""
    volume = grid.volume(np.broadcast_to(np.uint8(0), grid.shape))
    z, y, x = np.indices(grid.shape)
    points = (np.stack([x, y, z, np.ones_like(x)], -1).reshape(-1, 4) @ volume.affine_lps.T)[:, :3]
    points = points if pose is None else pose.inverse().apply(points)
    radius = np.sqrt(((points / HALF_MM) ** 2).sum(axis=1))
    radius += 0.03 * np.sin(points[:, 0] / 11) * np.sin(points[:, 1] / 9 + 1) * np.cos(points[:, 2] / 13)
    codes = np.zeros(len(points), np.uint8)
    for code, limit in ((1, 1.0), (2, 0.93), (3, 0.86), (4, 0.82), (5, 0.66)):
        codes[radius < limit] = code
    for side in (-1, 1):
        inside = ((points - (side * 14.0, 4.0, 2.0)) / (8.0, 26.0, 11.0)) ** 2
        codes[inside.sum(axis=1) < 1] = 3
    codes[np.linalg.norm(points - TUMOUR_MM, axis=1) < TUMOUR_RADIUS_MM] = 6
    return codes.reshape(grid.shape)


def scan(sequence, grid, pose=None, noise=4.0, seed=0):
    """One image of the head."""
    codes = tissues(grid, pose)
    values = np.array([0, *BRIGHTNESS[sequence]], np.float32)[codes]
    generator = np.random.default_rng([seed, SEQUENCE_ORDER.index(sequence)])
    real = values + generator.normal(0, noise, grid.shape)
    return grid.volume(np.hypot(real, generator.normal(0, noise, grid.shape)).astype(np.float32))


def brain_of(grid, pose=None):
    """The brain with its fluid and tumour, uint8."""
    return grid.volume((tissues(grid, pose) >= 3).astype(np.uint8))


def tumour_of(grid, pose=None):
    """The tumour, bool."""
    return tissues(grid, pose) == 6
