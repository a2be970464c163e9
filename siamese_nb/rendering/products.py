"""Twelve families of small products, each drawn at random: proportions, parts and what the parts are made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.solids import Field, blend, box, cylinder, ellipsoid, lathe, ring, rod

Parts = Callable[[Field, Field, Field], list[Field]]


@dataclass(frozen=True, kw_only=True)
class Product:
    """Describe one thing that stands on the plane z = 0 and is seen from about -y.

    Parameters
    ----------
    parts : callable
        (x, y, z) -> signed distances, one array a part.
    roles : tuple of str
        What each part is made of: "main" (patterned), "second", or the name of a fixed material.
    flat : bool
        Whether patterns are laid on flat faces rather than wound round the axis.
    """

    parts: Parts
    roles: tuple[str, ...]
    flat: bool = False


def _bottle(rng: np.random.Generator) -> Product:
    r, body, neck = rng.uniform(0.26, 0.5), rng.uniform(0.6, 1.2), rng.uniform(0.08, 0.15)
    shoulder, throat = rng.uniform(0.1, 0.45), rng.uniform(0.15, 0.5)
    top = body + shoulder + throat
    glass = lathe(
        [(0, 0), (r * 0.9, 0), (r, 0.04), (r, 0.15), (r * rng.uniform(0.8, 1.05), body / 2), (r, body * 0.85),
         (r, body), (neck + 0.02, body + shoulder), (neck, body + shoulder + 0.05), (neck, top), (0, top)]
    )  # fmt: skip
    cap = rng.uniform(0.05, 0.12)
    return Product(
        parts=lambda x, y, z: [
            glass(np.hypot(x, y), z),
            cylinder(np.hypot(x, y), z - top, neck + 0.035, cap),
        ],
        roles=("main", "second"),
    )


def _cactus(rng: np.random.Generator) -> Product:
    r, h, flare = rng.uniform(0.3, 0.5), rng.uniform(0.35, 0.6), rng.uniform(0.7, 0.95)
    pot = lathe([(0, 0), (r * flare, 0), (r * flare, 0.03), (r, h - 0.1), (r + 0.06, h - 0.1), (r + 0.06, h), (r, h),
                 (r - 0.05, h), (r - 0.05, h - 0.06), (0, h - 0.06)], rounds=1)  # fmt: skip
    tall, thick, ribs = rng.uniform(0.35, 1.1), rng.uniform(0.14, 0.3), int(rng.integers(6, 12))
    thick = min(thick, r - 0.1)
    arms = []
    for side in rng.permutation([-1.0, 1.0])[: rng.integers(0, 3)]:
        z, out, up = h + tall * rng.uniform(0.3, 0.6), thick + rng.uniform(0.15, 0.3), rng.uniform(0.15, 0.45)
        arms.append((float(side), float(z), float(out), float(up), float(rng.uniform(0.07, 0.11))))
    flower = rng.uniform(0.06, 0.13) if rng.random() < 0.6 else 0.0

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        plant = rod(x, y, z, (0, 0, h), (0, 0, h + tall), (thick * 0.9, thick))
        plant = (plant + 0.025 * np.cos(ribs * np.arctan2(y, x))) * 0.85
        for side, start, out, up, tube in arms:
            elbow = (side * out, 0, start)
            plant = blend(plant, rod(x, y, z, (0, 0, start - 0.03), elbow, (tube, tube)), 0.05)
            plant = blend(plant, rod(x, y, z, elbow, (side * out, 0, start + up), (tube, tube)), 0.05)
        found = [pot(np.hypot(x, y), z), plant]
        if flower:
            found.append(ellipsoid(x, y, z - (h + tall + thick), (flower, flower, flower * 0.7)))
        return found

    return Product(parts=parts, roles=("main", "leaf", "second")[: 3 if flower else 2])


def _car(rng: np.random.Generator) -> Product:
    long, wide, low = rng.uniform(0.7, 1.05), rng.uniform(0.34, 0.46), rng.uniform(0.14, 0.24)
    wheel, track = rng.uniform(0.15, 0.25), rng.uniform(0.55, 0.68)
    cabin, cabin_at, cabin_up = long * rng.uniform(0.3, 0.62), rng.uniform(-0.3, 0.12), rng.uniform(0.14, 0.3)
    middle, roof = wheel + low * 0.8, wheel + low * 1.8 + cabin_up * 0.6
    lean, cargo = rng.uniform(0.1, 0.7), rng.random() < 0.35

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        body = box(x, y, z - middle, (long, wide, low), 0.1)
        leaning = x - cabin_at + lean * (z - roof) * np.sign(x - cabin_at)
        top = box(leaning, y, z - roof, (cabin, wide * 0.86, cabin_up), 0.08) * 0.8
        panes = box(leaning, y, z - roof, (cabin * 0.82, wide * 0.9, cabin_up * 0.55), 0.03)
        screens = box(leaning, y, z - roof, (cabin + 0.03, wide * 0.7, cabin_up * 0.55), 0.03)
        tyres = cylinder(np.hypot(np.abs(x) - long * track, z - wheel), np.abs(y) - wide, wheel, 0.08, 0.03)
        hubs = cylinder(np.hypot(np.abs(x) - long * track, z - wheel), np.abs(y) - wide, wheel * 0.55, 0.1, 0.02)
        lamps = ellipsoid(x - long, np.abs(y) - wide * 0.6, z - middle - 0.02, (0.04, 0.08, 0.07))
        load = box(x + long * 0.45, y, z - roof - cabin_up - 0.1, (0.2, 0.25, 0.12)) if cargo else lamps
        return [body, top, np.minimum(panes, screens) * 0.8, tyres, np.minimum(hubs, lamps), load]

    return Product(parts=parts, roles=("main", "main", "glass", "rubber", "metal", "second"), flat=True)


def _chair(rng: np.random.Generator) -> Product:
    wide, deep, seat = rng.uniform(0.36, 0.52), rng.uniform(0.34, 0.46), rng.uniform(0.45, 0.8)
    back, thick, leg = rng.uniform(0.35, 0.95), rng.uniform(0.035, 0.09), rng.uniform(0.035, 0.07)
    splay, style, bars = rng.uniform(0, 0.1), int(rng.integers(3)), int(rng.integers(2, 5))

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        ax, ay, rise = np.abs(x), np.abs(y), z - seat - back / 2
        legs = rod(ax, ay, z, (wide - leg, deep - leg, seat), (wide - leg + splay, deep - leg + splay, 0.02), (leg, leg * 0.8))
        cushion = box(x, y, z - seat, (wide, deep, thick), min(0.05, thick))
        lean = y - deep + leg - 0.12 * (z - seat)
        if style == 0:
            rest = box(x, lean, rise, (wide, 0.045, back / 2), 0.04)
        else:
            posts = box(ax - wide + leg, lean, rise, (leg, 0.04, back / 2), 0.03)
            pitch = (back if style == 1 else 2 * wide) / bars
            along = rise if style == 1 else x
            slot = along - pitch * np.clip(np.round(along / pitch - (bars + 1) % 2 / 2), -(bars // 2), (bars - 1) // 2)
            slot = slot - (pitch / 2 if bars % 2 == 0 else 0)
            slats = (
                box(x, lean, slot, (wide, 0.03, pitch * 0.3))
                if style == 1
                else box(slot, lean, rise, (pitch * 0.2, 0.03, back / 2))
            )
            rail = box(x, lean, rise - back / 2, (wide, 0.045, 0.07))
            rest = np.minimum(np.minimum(posts, rail), slats)
        return [cushion, legs, rest * 0.95]

    return Product(parts=parts, roles=("main", "wood" if rng.random() < 0.5 else "second", "main"), flat=True)


def _duck(rng: np.random.Generator) -> Product:
    long, wide, tall = rng.uniform(0.5, 0.72), rng.uniform(0.38, 0.52), rng.uniform(0.3, 0.46)
    head, lift, ahead = rng.uniform(0.22, 0.36), rng.uniform(0.1, 0.32), rng.uniform(0.15, 0.35)
    bill, tail = rng.uniform(0.08, 0.18), rng.uniform(0.1, 0.3)
    top = tall * 1.75 + lift + head * 0.5
    scarf = rng.random() < 0.5

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        body = ellipsoid(x, y, z - tall * 0.9, (long, wide, tall))
        body = np.maximum(body, 0.02 - z)
        rear = rod(x, y, z, (-long * 0.6, 0, tall), (-long - 0.1, 0, tall + tail + 0.1), (0.2, 0.04))
        neck = rod(x, y, z, (ahead, 0, tall), (ahead, 0, top), (head * 0.8, head * 0.6))
        skull = np.sqrt((x - ahead) ** 2 + y * y + (z - top) ** 2) - head
        body = blend(blend(body, rear, 0.12), neck, 0.12)
        beak = ellipsoid(x - ahead - head - bill * 0.4, y, z - top + 0.03, (bill, 0.13, 0.055))
        eyes = np.sqrt((x - ahead - head * 0.62) ** 2 + (np.abs(y) - head * 0.62) ** 2 + (z - top - head * 0.35) ** 2) - 0.055
        found = [body, skull, beak, eyes]
        if scarf:
            found.append(ring(x - ahead, y, z - top + head * 0.8, head * 0.72, 0.07))
        return found

    return Product(parts=parts, roles=("main", "main", "beak", "rubber", "second")[: 5 if scarf else 4], flat=False)


def _house(rng: np.random.Generator) -> Product:
    wide, deep, tall = rng.uniform(0.36, 0.62), rng.uniform(0.34, 0.6), rng.uniform(0.28, 0.6)
    pitch, eaves, thick = rng.uniform(0.45, 1.05), rng.uniform(0.06, 0.16), rng.uniform(0.03, 0.06)
    sin, cos = float(np.sin(pitch)), float(np.cos(pitch))
    ridge, slope = 2 * tall + wide * sin / cos, wide / cos / 2 + eaves
    door, door_at, hole = rng.uniform(0.08, 0.15), rng.uniform(-0.5, 0.5) * wide, rng.uniform(0.06, 0.12)
    stack, stack_at = rng.uniform(0.06, 0.1), float(rng.choice([-0.5, 0.5])) * wide

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        ax, over = np.abs(x), z - ridge
        gable = np.maximum(ax * sin + over * cos, np.abs(y) - deep)
        walls = np.maximum(np.maximum(gable, ax - wide), -z)
        along, off = ax * cos - over * sin, ax * sin + over * cos
        roof = box(along - slope + eaves, y, off - thick, (slope + eaves * 0.2, deep + eaves, thick), 0.02)
        front = box(x - door_at, y + deep, z - door * 1.2, (door, 0.025, door * 1.6), 0.02)
        window = cylinder(np.hypot(x, z - 2 * tall), y + deep, hole, 0.03, 0.01)
        side = box(np.abs(x) - wide, np.abs(y) - deep * 0.45, z - tall * 1.1, (0.02, deep * 0.22, tall * 0.35), 0.01)
        chimney = box(x - stack_at, y - deep * 0.3, z - ridge + 0.05, (stack, stack, 0.25), 0.015)
        return [walls, roof, np.minimum(front, chimney), np.minimum(window, side)]

    return Product(parts=parts, roles=("main", "second", "wood", "glass"), flat=True)


def _lamp(rng: np.random.Generator) -> Product:
    foot, stem, style = rng.uniform(0.22, 0.38), rng.uniform(0.4, 0.9), int(rng.integers(3))
    lower, upper, tall = rng.uniform(0.36, 0.6), rng.uniform(0.16, 0.5), rng.uniform(0.35, 0.7)
    upper = min(upper, lower)
    shade = lathe([(lower - 0.03, stem), (lower, stem), (upper, stem + tall), (upper - 0.03, stem + tall), (lower - 0.03, stem)], rounds=0)
    if style == 0:
        outline = [(0, 0), (foot, 0), (foot, 0.07), (0.05, 0.09), (0.04, 0.2), (0.04, stem + tall * 0.6), (0, stem + tall * 0.6)]
    elif style == 1:
        outline = [(0, 0), (foot * 0.6, 0), (foot * 1.1, stem * 0.35), (foot * 0.7, stem * 0.7), (0.05, stem * 0.8),
                   (0.05, stem + tall * 0.6), (0, stem + tall * 0.6)]  # fmt: skip
    else:
        outline = [(0, 0), (foot, 0), (foot, 0.05), (0.06, stem * 0.3), (0.14, stem * 0.45), (0.05, stem * 0.6),
                   (0.14, stem * 0.8), (0.04, stem * 0.9), (0.04, stem + tall * 0.6), (0, stem + tall * 0.6)]  # fmt: skip
    stand = lathe(outline)
    return Product(
        parts=lambda x, y, z: [shade(np.hypot(x, y), z), stand(np.hypot(x, y), z)],
        roles=("main", str(rng.choice(["second", "wood", "metal"]))),
    )


def _mug(rng: np.random.Generator) -> Product:
    foot, lip, tall = rng.uniform(0.34, 0.52), rng.uniform(0.4, 0.56), rng.uniform(0.6, 1.15)
    bulge = rng.uniform(-0.05, 0.08)
    middle = (foot + lip) / 2 + bulge
    body = lathe([(0, 0), (foot - 0.03, 0), (foot, 0.03), (foot, 0.1), (middle, tall / 2), (lip, tall - 0.06), (lip, tall),
                  (lip - 0.06, tall), (lip - 0.06, tall - 0.06), (middle - 0.06, tall / 2), (foot - 0.06, 0.12), (0, 0.08)])  # fmt: skip
    size, squeeze, tube = tall * rng.uniform(0.24, 0.36), rng.uniform(0.7, 1.3), rng.uniform(0.045, 0.08)
    height = tall * rng.uniform(0.45, 0.58)

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        handle = ring((x - middle + 0.02) * squeeze, z - height, y, size, tube) / max(squeeze, 1.0)
        return [body(rho, z), np.maximum(handle, middle - 0.04 - rho)]

    return Product(parts=parts, roles=("main", "second" if rng.random() < 0.5 else "main"))


def _mushroom(rng: np.random.Generator) -> Product:
    stalk, tall, belly = rng.uniform(0.13, 0.24), rng.uniform(0.4, 0.95), rng.uniform(1.0, 1.7)
    wide, dome, skirt = rng.uniform(0.42, 0.7), rng.uniform(0.25, 0.75), rng.uniform(-0.1, 0.08)
    stem = lathe([(0, 0), (stalk * belly * 0.8, 0), (stalk * belly, 0.1), (stalk, tall * 0.5), (stalk * 0.9, tall + 0.1), (0, tall + 0.1)])
    peak = rng.uniform(0.2, 0.75)
    cap = lathe([(0, tall + 0.06), (wide * 0.5, tall + 0.04), (wide * 0.95, tall + skirt), (wide, tall + skirt + 0.05),
                 (wide * 0.95, tall + dome * 0.5), (wide * peak, tall + dome), (0, tall + dome)])  # fmt: skip
    return Product(parts=lambda x, y, z: [cap(np.hypot(x, y), z), stem(np.hypot(x, y), z)], roles=("main", "ivory"))


def _rocket(rng: np.random.Generator) -> Product:
    r, tall, nose = rng.uniform(0.2, 0.36), rng.uniform(0.7, 1.2), rng.uniform(0.3, 0.65)
    lift, tail = rng.uniform(0.12, 0.25), rng.uniform(0.6, 0.95)
    hull = lathe([(0, lift), (r * tail, lift), (r * tail, lift + 0.03), (r * 1.05, lift + tall * 0.4), (r, lift + tall),
                  (r * 0.75, lift + tall + nose * 0.5), (0.02, lift + tall + nose), (0, lift + tall + nose)])  # fmt: skip
    count, reach, fin_up = int(rng.integers(3, 5)), rng.uniform(0.15, 0.32), rng.uniform(0.2, 0.42)
    port, port_at, tip = rng.uniform(0.08, 0.14), lift + tall * rng.uniform(0.55, 0.85), lift + tall * rng.uniform(0.9, 1.1)
    sector = 2 * np.pi / count

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho, angle = np.hypot(x, y), np.arctan2(x, y)
        angle = angle - sector * np.round(angle / sector)
        out, aside = rho * np.cos(angle), rho * np.sin(angle)
        low = z - fin_up / 2 - 0.02 + (out - r) * 0.5
        fins = box(out - r * 0.6 - reach / 2, aside, low, (r * 0.4 + reach / 2, 0.03, fin_up), 0.02) * 0.85
        fins = np.maximum(fins, 0.01 - z)
        shell = hull(rho, z)
        pane = cylinder(np.hypot(x, z - port_at), y + r, port, 0.06, 0.01)
        frame = ring(x, z - port_at, y + r * 1.02, port, 0.03)
        return [np.maximum(shell, z - tip), np.minimum(np.maximum(shell, tip - z), fins), pane, frame]

    return Product(parts=parts, roles=("main", "second", "glass", "metal"))


def _teapot(rng: np.random.Generator) -> Product:
    wide, tall, waist = rng.uniform(0.42, 0.6), rng.uniform(0.5, 0.95), rng.uniform(0.3, 0.65)
    foot, mouth = wide * rng.uniform(0.55, 0.9), wide * rng.uniform(0.4, 0.7)
    body = lathe([(0, 0), (foot, 0), (foot, 0.03), (wide, tall * waist - 0.1), (wide, tall * waist + 0.1), (mouth, tall),
                  (mouth, tall + 0.02), (0, tall + 0.02)])  # fmt: skip
    knob, dome = rng.uniform(0.06, 0.1), rng.uniform(0.05, 0.18)
    lid = lathe([(0, tall), (mouth + 0.02, tall), (mouth + 0.02, tall + 0.05), (mouth * 0.5, tall + 0.05 + dome),
                 (0.04, tall + 0.06 + dome), (knob, tall + 0.08 + dome), (knob, tall + 0.1 + 2 * knob + dome),
                 (0, tall + 0.1 + 2 * knob + dome)])  # fmt: skip
    spout_up, spout_out = tall * rng.uniform(0.8, 1.05), wide + rng.uniform(0.25, 0.42)
    loop, squeeze, tube = tall * rng.uniform(0.28, 0.4), rng.uniform(0.8, 1.3), rng.uniform(0.04, 0.065)

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho = np.hypot(x, y)
        bend = (wide + 0.12, 0, tall * 0.42)
        spout = rod(x, y, z, (wide * 0.7, 0, tall * 0.3), bend, (0.15, 0.11))
        spout = blend(spout, rod(x, y, z, bend, (spout_out, 0, spout_up), (0.1, 0.055)), 0.08)
        handle = ring((x + wide - 0.03) * squeeze, z - tall * 0.52, y, loop, tube) / max(squeeze, 1.0)
        handle = np.maximum(handle, wide * 0.7 - rho)
        return [blend(body(rho, z), spout, 0.06), lid(rho, z), handle]

    lid_role = "main" if rng.random() < 0.4 else "second"
    return Product(parts=parts, roles=("main", lid_role, "second"))


def _vase(rng: np.random.Generator) -> Product:
    tall, foot, belly = rng.uniform(0.9, 1.6), rng.uniform(0.16, 0.34), rng.uniform(0.3, 0.58)
    neck, lip = rng.uniform(0.1, 0.28), rng.uniform(0.16, 0.42)
    at, throat = tall * rng.uniform(0.25, 0.6), tall * rng.uniform(0.72, 0.88)
    body = lathe([(0, 0), (foot, 0), (foot, 0.03), (belly * 0.85, at * 0.5), (belly * 1.1, at), (belly * 0.7, (at + throat) / 2),
                  (neck, throat), (neck, (throat + tall) / 2), (lip, tall - 0.02), (lip, tall + 0.01), (lip - 0.05, tall),
                  (neck - 0.05, throat), (neck - 0.05, throat - 0.1), (0, throat - 0.12)])  # fmt: skip
    return Product(parts=lambda x, y, z: [body(np.hypot(x, y), z)], roles=("main",))


FAMILIES: dict[str, Callable[[np.random.Generator], Product]] = {
    "bottle": _bottle,
    "cactus": _cactus,
    "car": _car,
    "chair": _chair,
    "duck": _duck,
    "house": _house,
    "lamp": _lamp,
    "mug": _mug,
    "mushroom": _mushroom,
    "rocket": _rocket,
    "teapot": _teapot,
    "vase": _vase,
}
"""Category name -> a function that draws one product of it."""
