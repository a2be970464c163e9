"""A pretrained leg cut before its last block: what stays as it is, and what fine-tuning trains first."""

import math

import keras


def cut_leg(leg: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Cut a pretrained leg in two where its last block begins; both halves share every layer with it.

    The last block is all that works at the coarsest resolution that has weights: `block5` of VGG16, `conv5` of
    ResNet50, blocks 13 to 16 of MobileNetV2. It often holds most of a leg's weights and takes a small part of its time.

    Parameters
    ----------
    leg : keras.Model
        As `siamese_nb.legs.build_leg` gives it: preprocessing, then a network of `keras.applications`.

    Returns
    -------
    below : keras.Model
        `uint8[n, height, width, 3]` to feature maps `float32[n, h, w, c]`.
    block : keras.Model
        Feature maps to the leg's features `float32[n, d]`.
    """
    preprocessing, network = leg.layers[1:]
    maps = _last_block_input(network)
    image = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="image")
    below = keras.Model(image, keras.Model(network.input, maps)(preprocessing(image)), name="below")
    return below, keras.Model(maps, network.output, name="block")


def freeze_statistics(leg: keras.Model) -> None:
    """Keep the batch normalisation of a pretrained leg as it is: small batches would spoil its statistics."""
    for layer in leg.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        elif isinstance(layer, keras.Model):
            freeze_statistics(layer)


def _last_block_input(network: keras.Model) -> keras.KerasTensor:
    """Find the smallest tensor that all goes through, at most one layer with weights before the last block's own.

    That one layer widens the tensor in networks of inverted residuals, whose blocks begin before they get coarser.
    """
    pixels = [_pixels(operation) for operation in network.operations]
    coarsest = next(number for number in reversed(pixels) if number)
    # Not the first so coarse: where a block weighs its channels, layers with weights see one pixel.
    finer = max((place for place, number in enumerate(pixels) if number > coarsest), default=0)
    first = next(place for place, number in enumerate(pixels) if place > finer and number == coarsest)
    narrow, found, weighted = _narrow_tensors(network), [], 0
    for place in range(first - 1, -1, -1):
        output = network.operations[place].output
        if output.name in narrow:
            found.append(output)
        weighted += pixels[place] > 0
        if weighted > 1 and found:
            break
    return min(found, key=lambda tensor: math.prod(tensor.shape[1:]))


def _narrow_tensors(network: keras.Model) -> set[str]:
    """Name the tensors that everything goes through: once they are there, nothing made before is asked for again."""
    operations = network.operations
    asked: dict[str, int] = {}  # name of a tensor -> the last operation that takes it
    for place, operation in enumerate(operations):
        for tensor in keras.tree.flatten(operation.input):
            asked[tensor.name] = place
    narrow, farthest = set(), 0
    for place, operation in enumerate(operations):
        if farthest <= place:
            narrow.add(operation.output.name)
        farthest = max(farthest, asked.get(operation.output.name, 0))
    return narrow


def _pixels(operation: keras.Operation) -> int:
    """Return of how many pixels a layer with a kernel makes a picture's map; 0 of any other operation."""
    shape = operation.output.shape
    has_kernel = any(len(weight.shape) > 1 for weight in getattr(operation, "weights", ()))
    return shape[1] * shape[2] if has_kernel and len(shape) == 4 else 0
