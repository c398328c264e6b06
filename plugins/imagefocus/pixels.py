"""Pixel values as the network wants them. Training and both engines use this one copy."""

import numpy as np


def normalize(patches):
    """Give each patch mean 0 and standard deviation 1, whatever its gain, offset and bit depth.

    Parameters
    ----------
    patches : (n, rows, columns) array of any real dtype
        Finite pixel values in any unit; differences that float64 cannot hold count as none.

    Returns
    -------
    (n, rows, columns) float32 array
        A constant patch, which holds nothing to judge, becomes all zeros.
    """
    pixels = np.asarray(patches)
    # A copy; float32 is enough for pixels of float32 and of 8 and 16 bit, float64 is for the wider ones.
    values = pixels.astype(np.result_type(pixels.dtype, np.float32)).reshape(len(pixels), -1)
    with np.errstate(over="ignore"):
        values -= values.min(axis=1, keepdims=True)
    span = values.max(axis=1, keepdims=True)
    if np.isinf(span).any():
        return normalize(pixels / 4)  # the differences of numbers that large overflow
    varied = span > 0
    values /= np.where(varied, span, 1)  # first to [0, 1], so that no square can overflow
    values -= values.mean(axis=1, keepdims=True)
    variance = np.einsum("np,np->n", values, values)[:, None] / values.shape[1]  # without an array for the squares
    values /= np.sqrt(np.where(varied, variance, 1))
    return values.astype(np.float32, copy=False).reshape(pixels.shape)


def fill_masked(patches, masks, sweeps=40):
    """Replace masked pixels by a smooth continuation of the others, so that the mask's edge is none of the picture's.

    The masked pixels start at the mean of the others and relax towards the mean of their four neighbors, which leaves
    no step where the mask begins: Laplace's equation by successive over-relaxation in checkerboard order (W. H. Press et
    al., Numerical Recipes, 3rd ed., section 20.5).

    Parameters
    ----------
    patches : (n, rows, columns) array of any real dtype
    masks : (n, rows, columns) bool array
        True where a pixel counts; at least one in each patch does.

    Returns
    -------
    (n, rows, columns) float64 array
        The pixels that count are unchanged.
    """
    known = np.where(masks, patches, 0).astype(np.float64)
    means = known.sum(axis=(1, 2)) / masks.sum(axis=(1, 2))
    values = np.where(masks, known, means[:, None, None])
    checkerboard = np.indices(patches.shape[1:]).sum(axis=0) % 2
    for half_sweep in range(2 * sweeps):
        around = np.pad(values, ((0, 0), (1, 1), (1, 1)), mode="edge")
        neighbors = around[:, 2:, 1:-1] + around[:, :-2, 1:-1] + around[:, 1:-1, 2:] + around[:, 1:-1, :-2]
        turn = ~masks & (checkerboard == half_sweep % 2)
        values = np.where(turn, values + 1.9 * (neighbors / 4 - values), values)
    return values
