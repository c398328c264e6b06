"""Two halves of `make check-tf1`: what NumPy says of a 504 x 672 image, and whether TensorFlow 1.15 says the same."""

import os
import sys

import numpy as np

SHAPE = (504, 672)


def expect(folder):
    from imagefocus import patches
    from imagefocus.network import engines
    from imagefocus.pixels import normalize
    from model_export.demo_plate import nuclei_image

    image = nuclei_image()[: SHAPE[0]].astype(np.float32)
    image[:84, :84] = 0.5  # a patch with nothing in it
    cut = patches.cut_patches(image, *patches.patch_grid(SHAPE))
    probabilities = engines.load_network("numpy")(normalize(cut))
    probabilities[0] = 1 / 11
    np.savez(os.path.join(folder, "expected.npz"), image=image, patches=cut, probabilities=probabilities)


def check(folder):
    import tensorflow as tf

    expected = np.load(os.path.join(folder, "expected.npz"))
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        model = tf.compat.v1.saved_model.load(session, ["inference"], os.path.join(folder, "model"))
        signature = model.signature_def["serving_default"]
        names = {key: signature.outputs[key].name for key in ("probabilities", "patches")}
        answer = session.run(names, {signature.inputs["input"].name: expected["image"]})
    assert answer["patches"].shape == (48, 84, 84, 1) and np.array_equal(answer["patches"][..., 0], expected["patches"])
    difference = np.abs(answer["probabilities"] - expected["probabilities"]).max()
    assert answer["probabilities"].shape == (48, 11) and difference < 1e-4, difference
    print(
        f"check-tf1: TensorFlow {tf.__version__} on Python {sys.version_info[0]}.{sys.version_info[1]} rates the "
        f"{len(expected['patches'])} patches of a {SHAPE[0]} x {SHAPE[1]} image as NumPy does; largest difference "
        f"{difference:.1e}"
    )


if __name__ == "__main__":
    {"expect": expect, "check": check}[sys.argv[1]](sys.argv[2])
