"""The convolutions of the network, and of a large one to learn from."""

# (kernel side, stride, filters, padding) of each convolution. The strided first layer is what makes it light: the
# original's first two layers ran at full resolution and took three quarters of its operations. Without padding it leaves
# 20 x 20 positions, which two more strides halve evenly.
CONVOLUTIONS = (
    (8, 4, 32, "valid"),
    (3, 2, 48, "same"),
    (3, 1, 48, "same"),
    (3, 2, 64, "same"),
    (3, 1, 64, "same"),
)
# Of a network to learn from, ten times the operations: wider and deeper, and where a layer's input has the shape of its
# output the two are added (He et al., 2016, doi:10.1109/CVPR.2016.90), which deep networks are easier to train with.
LARGE_CONVOLUTIONS = (
    (8, 4, 64, "valid"),
    (3, 2, 128, "same"),
    (3, 1, 128, "same"),
    (3, 1, 128, "same"),
    (3, 2, 192, "same"),
    (3, 1, 192, "same"),
    (3, 1, 192, "same"),
    (5, 1, 256, "valid"),
)


def is_large(layers):
    """Whether `network.folded_layers` gave them of a large network, whose layers of like shape are added."""
    return "shortcuts" in layers
