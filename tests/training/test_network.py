"""The network and its folded layers."""

import numpy as np
import pytest

from imagefocus.network import numpy_engine


def test_the_folded_layers_give_the_probabilities_of_the_trained_network():
    from model_export import network

    model = network.build()
    random = np.random.default_rng(0)
    model.set_weights([value + 0.1 * random.random(value.shape) for value in model.get_weights()])
    patches = random.standard_normal((5, 84, 84)).astype(np.float32)
    folded = numpy_engine.build_numpy_network(network.folded_layers(model))(patches)
    assert np.abs(folded - model.predict(patches[..., None], verbose=0)).max() < 2e-3  # float16 arrays


@pytest.mark.parametrize("large, changes", [(False, 0.06), (True, 0.02)])
def test_the_folded_layers_give_what_the_network_gives(large, changes):
    from model_export import network

    random = np.random.default_rng(0)
    model = network.build(large)
    model.set_weights([value + changes * random.standard_normal(value.shape) for value in model.get_weights()])
    patches = random.standard_normal((16, 84, 84, 1)).astype(np.float32)
    expected = model(patches, training=False).numpy()
    layers = network.folded_layers(model)
    assert ("shortcuts" in layers) == large
    assert np.ptp(expected, axis=0).max() > 0.02  # patches differ
    assert network.forward(patches, layers).numpy() == pytest.approx(expected, abs=2e-3)


def test_a_network_made_from_layers_is_the_one_that_they_were_folded_from():
    from model_export import network

    random = np.random.default_rng(0)
    model = network.build()
    model.set_weights([value + 0.05 * random.standard_normal(value.shape) for value in model.get_weights()])
    layers = network.folded_layers(model)
    patches = random.standard_normal((64, 84, 84, 1)).astype(np.float32)
    again = network.build_from(layers, patches)
    expected = numpy_engine.build_numpy_network(layers)(patches[..., 0])
    assert np.ptp(expected, axis=0).max() > 0.01
    assert again(patches, training=False).numpy() == pytest.approx(expected, abs=2e-3)
    assert again(patches, training=True).numpy() == pytest.approx(expected, abs=2e-3)  # these are the statistics
