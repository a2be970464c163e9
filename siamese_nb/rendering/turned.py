"""Products that come off a lathe or a wheel, each drawn at random: bottle, lamp, mug, mushroom, teapot, vase."""

import numpy as np

from siamese_nb.rendering.fields import Field
from siamese_nb.rendering.product import Product
from siamese_nb.rendering.solids import blend, cylinder, lathe, ring, rod


def draw_bottle(rng: np.random.Generator) -> Product:
    """Draw a bottle: width, waist, shoulder, neck and cap vary."""
    r, body, neck = rng.uniform(0.26, 0.5), rng.uniform(0.6, 1.2), rng.uniform(0.08, 0.15)
    shoulder, throat, waist = rng.uniform(0.1, 0.45), rng.uniform(0.15, 0.5), rng.uniform(0.8, 1.05)
    cap, top = rng.uniform(0.05, 0.12), body + shoulder + throat
    glass = lathe([
        (0, 0), (r * 0.9, 0), (r, 0.04), (r, 0.15), (r * waist, body / 2), (r, body * 0.85), (r, body),
        (neck + 0.02, body + shoulder), (neck, body + shoulder + 0.05), (neck, top), (0, top),
    ])  # fmt: skip

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        return [glass(rho, z), cylinder(rho, z - top, neck + 0.035, cap)]

    return Product(parts=parts, roles=("main", "second"))


def draw_lamp(rng: np.random.Generator) -> Product:
    """Draw a table lamp: shade and height vary, and the stand is a disc with a pole, a ball or turned beads."""
    foot, pole, tall = rng.uniform(0.22, 0.38), rng.uniform(0.6, 1.0), rng.uniform(0.35, 0.7)
    lower = rng.uniform(0.36, 0.6)
    upper = min(rng.uniform(0.16, 0.5), lower)
    rim, bulb = pole + tall, pole + tall * 0.6
    shade = lathe([(lower - 0.03, pole), (lower, pole), (upper, rim), (upper - 0.03, rim), (lower - 0.03, pole)], 0)
    stands = (
        [(foot, 0), (foot, 0.07), (0.05, 0.09), (0.04, 0.2)],
        [(foot * 0.6, 0), (foot * 1.1, pole * 0.35), (foot * 0.7, pole * 0.7), (0.05, pole * 0.8)],
        [(foot, 0), (foot, 0.05), (0.06, pole * 0.3), (0.14, pole * 0.45), (0.05, pole * 0.6), (0.14, pole * 0.8)],
    )
    stand = lathe([(0, 0), *stands[rng.integers(3)], (0.04, pole * 0.9), (0.04, bulb), (0, bulb)])

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        return [shade(rho, z), stand(rho, z)]

    return Product(parts=parts, roles=("main", str(rng.choice(["second", "wood", "metal"]))))


def draw_mug(rng: np.random.Generator) -> Product:
    """Draw a mug: taper, bulge, height and handle vary."""
    foot, lip, tall = rng.uniform(0.34, 0.52), rng.uniform(0.4, 0.56), rng.uniform(0.6, 1.15)
    belly, wall = (foot + lip) / 2 + rng.uniform(-0.05, 0.08), 0.06
    body = lathe([
        (0, 0), (foot - 0.03, 0), (foot, 0.03), (foot, 0.1), (belly, tall / 2), (lip, tall - 0.06), (lip, tall),
        (lip - wall, tall), (lip - wall, tall - 0.06), (belly - wall, tall / 2), (foot - wall, 0.12), (0, 0.08),
    ])  # fmt: skip
    size, tube = tall * rng.uniform(0.24, 0.36), rng.uniform(0.045, 0.08)
    squeeze, height = rng.uniform(0.7, 1.2), tall * rng.uniform(0.45, 0.58)

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        handle = ring((x - belly + 0.02) * squeeze, z - height, y, size, tube) / max(squeeze, 1.0)
        return [body(rho, z), np.maximum(handle, belly - 0.04 - rho)]

    return Product(parts=parts, roles=("main", "second" if rng.random() < 0.5 else "main"))


def draw_mushroom(rng: np.random.Generator) -> Product:
    """Draw a toy mushroom: stalk and cap vary from slender to stout, from pointed to flat."""
    stalk, tall, belly = rng.uniform(0.13, 0.24), rng.uniform(0.4, 0.95), rng.uniform(1.0, 1.7)
    wide, dome, skirt, peak = (rng.uniform(*ends) for ends in ((0.42, 0.7), (0.25, 0.75), (-0.1, 0.08), (0.2, 0.75)))
    stem = lathe([
        (0, 0), (stalk * belly * 0.8, 0), (stalk * belly, 0.1), (stalk, tall * 0.5), (stalk * 0.9, tall + 0.1),
        (0, tall + 0.1),
    ])  # fmt: skip
    cap = lathe([
        (0, tall + 0.06), (wide * 0.5, tall + 0.04), (wide * 0.95, tall + skirt), (wide, tall + skirt + 0.05),
        (wide * 0.95, tall + dome * 0.5), (wide * peak, tall + dome), (0, tall + dome),
    ])  # fmt: skip

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        return [cap(rho, z), stem(rho, z)]

    return Product(parts=parts, roles=("main", "ivory"))


def draw_teapot(rng: np.random.Generator) -> Product:
    """Draw a teapot: body, lid, spout and handle vary."""
    wide, tall, waist = rng.uniform(0.42, 0.6), rng.uniform(0.5, 0.95), rng.uniform(0.3, 0.65)
    foot, mouth = wide * rng.uniform(0.55, 0.9), wide * rng.uniform(0.4, 0.7)
    body = lathe([
        (0, 0), (foot, 0), (foot, 0.03), (wide, tall * waist - 0.1), (wide, tall * waist + 0.1), (mouth, tall),
        (mouth, tall + 0.02), (0, tall + 0.02),
    ])  # fmt: skip
    knob, crown = rng.uniform(0.06, 0.1), tall + 0.05 + rng.uniform(0.05, 0.18)
    lid = lathe([
        (0, tall), (mouth + 0.02, tall), (mouth + 0.02, tall + 0.05), (mouth * 0.5, crown), (0.04, crown + 0.01),
        (knob, crown + 0.03), (knob, crown + 0.05 + 2 * knob), (0, crown + 0.05 + 2 * knob),
    ])  # fmt: skip
    bend, tip = (wide + 0.12, 0.0, tall * 0.42), (wide + rng.uniform(0.25, 0.42), 0.0, tall * rng.uniform(0.8, 1.05))
    loop, squeeze, tube = tall * rng.uniform(0.28, 0.4), rng.uniform(0.8, 1.3), rng.uniform(0.04, 0.065)

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        spout = rod(x, y, z, (wide * 0.7, 0, tall * 0.3), bend, (0.15, 0.11))
        spout = blend(spout, rod(x, y, z, bend, tip, (0.1, 0.055)), 0.08)
        handle = ring((x + wide - 0.03) * squeeze, z - tall * 0.52, y, loop, tube) / max(squeeze, 1.0)
        return [blend(body(rho, z), spout, 0.06), lid(rho, z), np.maximum(handle, wide * 0.7 - rho)]

    return Product(parts=parts, roles=("main", "main" if rng.random() < 0.4 else "second", "second"))


def draw_vase(rng: np.random.Generator) -> Product:
    """Draw a vase: foot, belly, neck and lip vary."""
    tall, foot, belly = rng.uniform(0.9, 1.6), rng.uniform(0.16, 0.34), rng.uniform(0.3, 0.58)
    neck, lip = rng.uniform(0.12, 0.28), rng.uniform(0.16, 0.42)
    at, throat, wall = tall * rng.uniform(0.25, 0.6), tall * rng.uniform(0.72, 0.88), 0.06
    body = lathe([
        (0, 0), (foot, 0), (foot, 0.03), (belly * 0.85, at * 0.5), (belly * 1.1, at), (belly * 0.7, (at + throat) / 2),
        (neck, throat), (neck, (throat + tall) / 2), (lip, tall - 0.02), (lip, tall + 0.02), (lip - wall, tall + 0.02),
        (neck - wall, (throat + tall) / 2), (neck - wall, throat - 0.1), (0, throat - 0.12),
    ])  # fmt: skip

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        return [body(np.hypot(x, y), z)]

    return Product(parts=parts, roles=("main",))
