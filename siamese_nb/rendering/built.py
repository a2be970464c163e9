"""Products that are put together from parts, each drawn at random: cactus, car, chair, duck, house, rocket."""

import numpy as np

from siamese_nb.rendering.fields import Field
from siamese_nb.rendering.product import Product
from siamese_nb.rendering.solids import ball, blend, box, cylinder, ellipsoid, lathe, ring, rod


def draw_cactus(rng: np.random.Generator) -> Product:
    """Draw a cactus in a pot: pot, ribs, height and arms vary, and it may flower."""
    r, h, flare = rng.uniform(0.3, 0.5), rng.uniform(0.35, 0.6), rng.uniform(0.7, 0.95)
    pot = lathe([
        (0, 0), (r * flare, 0), (r * flare, 0.03), (r, h - 0.1), (r + 0.06, h - 0.1), (r + 0.06, h), (r - 0.05, h),
        (r - 0.05, h - 0.06), (0, h - 0.06),
    ], rounds=1)  # fmt: skip
    tall, thick, ribs = rng.uniform(0.35, 1.1), min(rng.uniform(0.14, 0.3), r - 0.1), int(rng.integers(6, 12))
    arms = []
    for side in (-1.0, 1.0):
        elbow = (side * (thick + rng.uniform(0.15, 0.3)), 0.0, h + tall * rng.uniform(0.3, 0.6))
        tip = (elbow[0], 0.0, elbow[2] + rng.uniform(0.15, 0.45))
        if rng.random() < 0.5:
            arms.append((elbow, tip, rng.uniform(0.07, 0.11)))
    flower = rng.uniform(0.06, 0.13) if rng.random() < 0.6 else 0.0

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        plant = rod(x, y, z, (0, 0, h), (0, 0, h + tall), (thick * 0.9, thick))
        plant = (plant + 0.025 * np.cos(ribs * np.arctan2(y, x))) * 0.85
        for elbow, tip, tube in arms:
            plant = blend(plant, rod(x, y, z, (0, 0, elbow[2] - 0.03), elbow, (tube, tube)), 0.05)
            plant = blend(plant, rod(x, y, z, elbow, tip, (tube, tube)), 0.05)
        blossom = [ellipsoid(x, y, z - h - tall - thick, (flower, flower, flower * 0.7))] if flower else []
        return [pot(np.hypot(x, y), z), plant, *blossom]

    return Product(parts=parts, roles=("main", "leaf", "second") if flower else ("main", "leaf"))


def draw_car(rng: np.random.Generator) -> Product:
    """Draw a toy car: length, cabin and wheels vary from van to saloon, and it may carry a case on its roof."""
    long, wide, low = rng.uniform(0.7, 1.05), rng.uniform(0.34, 0.46), rng.uniform(0.14, 0.24)
    wheel, track = rng.uniform(0.15, 0.25), long * rng.uniform(0.55, 0.68)
    cabin, cabin_at, cabin_up = long * rng.uniform(0.3, 0.62), rng.uniform(-0.3, 0.12), rng.uniform(0.14, 0.3)
    middle, roof = wheel + low * 0.8, wheel + low * 1.8 + cabin_up * 0.6
    lean, loaded = rng.uniform(0.1, 0.7), rng.random() < 0.35

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        body = box(x, y, z - middle, (long, wide, low), 0.1)
        back = x - cabin_at
        leaning, over = back + lean * (z - roof) * np.sign(back), z - roof
        top = box(leaning, y, over, (cabin, wide * 0.86, cabin_up), 0.08) * 0.8
        panes = box(leaning, y, over, (cabin * 0.82, wide * 0.9, cabin_up * 0.55), 0.03)
        screens = box(leaning, y, over, (cabin + 0.03, wide * 0.7, cabin_up * 0.55), 0.03)
        axle, hub = np.hypot(np.abs(x) - track, z - wheel), np.abs(y) - wide
        lamps = ellipsoid(x - long, np.abs(y) - wide * 0.6, z - middle - 0.02, (0.04, 0.08, 0.07))
        bright = np.minimum(cylinder(axle, hub, wheel * 0.55, 0.1), lamps)
        case = [box(back, y, over - cabin_up - 0.1, (0.2, 0.25, 0.12))] if loaded else []
        return [body, top, np.minimum(panes, screens) * 0.8, cylinder(axle, hub, wheel, 0.08, 0.03), bright, *case]

    roles = ("main", "main", "glass", "rubber", "metal", "second")
    return Product(parts=parts, roles=roles if loaded else roles[:-1], flat=True)


def draw_chair(rng: np.random.Generator) -> Product:
    """Draw a chair: seat, legs and back vary, and the back is a panel, slats across or bars upright."""
    wide, deep, seat = rng.uniform(0.36, 0.52), rng.uniform(0.34, 0.46), rng.uniform(0.45, 0.8)
    back, thick, leg = rng.uniform(0.35, 0.95), rng.uniform(0.035, 0.09), rng.uniform(0.035, 0.07)
    splay, style, bars = rng.uniform(0, 0.1), str(rng.choice(["panel", "slats", "bars"])), int(rng.integers(2, 5))
    pitch, middle = (back if style == "slats" else 2 * wide) / bars, (bars - 1) / 2

    def nearest_bar(along: Field) -> Field:
        number = np.clip(np.round(along / pitch + middle), 0, bars - 1)
        off: Field = along - (number - middle) * pitch
        return off

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        ax, ay, rise = np.abs(x), np.abs(y), z - seat - back / 2
        foot = (wide - leg + splay, deep - leg + splay, 0.02)
        legs = rod(ax, ay, z, (wide - leg, deep - leg, seat), foot, (leg, leg * 0.8))
        cushion = box(x, y, z - seat, (wide, deep, thick), min(0.05, thick))
        lean = y - deep + leg - 0.12 * (z - seat)
        if style == "panel":
            return [cushion, legs, box(x, lean, rise, (wide, 0.045, back / 2), 0.04) * 0.95]
        posts = box(ax - wide + leg, lean, rise, (leg, 0.04, back / 2))
        rail = box(x, lean, rise - back / 2, (wide, 0.045, 0.07))
        if style == "slats":
            filling = box(x, lean, nearest_bar(rise), (wide, 0.03, pitch * 0.3))
        else:
            filling = box(nearest_bar(x), lean, rise, (pitch * 0.2, 0.03, back / 2))
        return [cushion, legs, np.minimum(np.minimum(posts, rail), filling) * 0.95]

    return Product(parts=parts, roles=("main", "wood" if rng.random() < 0.5 else "second", "main"), flat=True)


def draw_duck(rng: np.random.Generator) -> Product:
    """Draw a toy duck: body, head, bill and tail vary, and it may wear a scarf."""
    long, wide, tall = rng.uniform(0.5, 0.72), rng.uniform(0.38, 0.52), rng.uniform(0.3, 0.46)
    head, ahead = rng.uniform(0.22, 0.36), rng.uniform(0.15, 0.35)
    top = tall * 1.75 + rng.uniform(0.1, 0.32) + head * 0.5
    bill, tail, scarfed = rng.uniform(0.08, 0.18), rng.uniform(0.1, 0.3), rng.random() < 0.5

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        fore, aside, over = x - ahead, np.abs(y), z - top
        body = np.maximum(ellipsoid(x, y, z - tall * 0.9, (long, wide, tall)), 0.02 - z)
        rear = rod(x, y, z, (-long * 0.6, 0, tall), (-long - 0.1, 0, tall + tail + 0.1), (0.2, 0.04))
        neck = rod(x, y, z, (ahead, 0, tall), (ahead, 0, top), (head * 0.8, head * 0.6))
        beak = ellipsoid(fore - head - bill * 0.4, y, over + 0.03, (bill, 0.13, 0.055))
        eyes = ball(fore - head * 0.62, aside - head * 0.62, over - head * 0.35, 0.055)
        scarf = [ring(fore, y, over + head * 0.8, head * 0.72, 0.07)] if scarfed else []
        return [blend(blend(body, rear, 0.12), neck, 0.12), ball(fore, y, over, head), beak, eyes, *scarf]

    roles = ("main", "main", "beak", "rubber", "second")
    return Product(parts=parts, roles=roles if scarfed else roles[:-1])


def draw_house(rng: np.random.Generator) -> Product:
    """Draw a toy house: walls, pitch of the roof, door, windows and chimney vary."""
    wide, deep, tall = rng.uniform(0.36, 0.62), rng.uniform(0.34, 0.6), rng.uniform(0.56, 1.2)
    pitch, eaves, thick = rng.uniform(0.45, 1.05), rng.uniform(0.06, 0.16), rng.uniform(0.03, 0.06)
    sin, cos = float(np.sin(pitch)), float(np.cos(pitch))
    ridge, slope = tall + wide * sin / cos, wide / cos / 2
    door, door_at, hole = rng.uniform(0.08, 0.15), rng.uniform(-0.5, 0.5) * wide, rng.uniform(0.06, 0.12)
    stack, stack_at = rng.uniform(0.06, 0.1), wide * (0.5 if rng.random() < 0.5 else -0.5)

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        ax, ay, over = np.abs(x), np.abs(y), z - ridge
        down, out = ax * cos - over * sin, ax * sin + over * cos  # along and away from the nearer side of the roof
        walls = np.maximum(np.maximum(out, ay - deep), np.maximum(ax - wide, -z))
        roof = box(down - slope, y, out - thick, (slope + eaves * 1.2, deep + eaves, thick), 0.02)
        front = box(x - door_at, y + deep, z - door * 1.2, (door, 0.025, door * 1.6), 0.02)
        window = cylinder(np.hypot(x, z - tall), y + deep, hole, 0.03, 0.01)
        sides = box(ax - wide, ay - deep * 0.45, z - tall * 0.55, (0.02, deep * 0.22, tall * 0.17), 0.01)
        chimney = box(x - stack_at, y - deep * 0.3, over + 0.05, (stack, stack, 0.25), 0.015)
        return [walls, roof, np.minimum(front, chimney), np.minimum(window, sides)]

    return Product(parts=parts, roles=("main", "second", "wood", "glass"), flat=True)


def draw_rocket(rng: np.random.Generator) -> Product:
    """Draw a toy rocket: hull, nose, fins and porthole vary."""
    r, tall, nose = rng.uniform(0.2, 0.36), rng.uniform(0.7, 1.2), rng.uniform(0.3, 0.65)
    lift, tail = rng.uniform(0.12, 0.25), r * rng.uniform(0.6, 0.95)
    end, top = lift + tall, lift + tall + nose
    hull = lathe([
        (0, lift), (tail, lift), (tail, lift + 0.03), (r * 1.05, lift + tall * 0.4), (r, end),
        (r * 0.75, end + nose * 0.5), (0.02, top), (0, top),
    ])  # fmt: skip
    reach, fin, sector = rng.uniform(0.15, 0.32), rng.uniform(0.2, 0.42), 2 * float(np.pi) / int(rng.integers(3, 5))
    port, port_at, tip = (
        rng.uniform(0.08, 0.14),
        lift + tall * rng.uniform(0.55, 0.85),
        end + tall * rng.uniform(-0.1, 0.1),
    )

    def parts(x: Field, y: Field, z: Field) -> list[Field]:
        rho, angle = np.hypot(x, y), np.arctan2(x, y)
        angle = angle - sector * np.round(angle / sector)
        out, aside = rho * np.cos(angle), rho * np.sin(angle)
        swept = z - fin / 2 - 0.02 + (out - r) * 0.5
        fins = box(out - r * 0.6 - reach / 2, aside, swept, (r * 0.4 + reach / 2, 0.03, fin), 0.02) * 0.85
        shell = hull(rho, z)
        second = np.minimum(np.maximum(shell, tip - z), np.maximum(fins, 0.01 - z))
        pane = cylinder(np.hypot(x, z - port_at), y + r, port, 0.06, 0.01)
        return [np.maximum(shell, z - tip), second, pane, ring(x, z - port_at, y + r * 1.02, port, 0.03)]

    return Product(parts=parts, roles=("main", "second", "glass", "metal"))
