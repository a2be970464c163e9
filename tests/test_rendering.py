import itertools

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from siamese_nb.rendering import FAMILIES, render_couple
from siamese_nb.rendering.camera import aim, enter_box, lit, normals, open_sky, trace
from siamese_nb.rendering.fields import interpolate
from siamese_nb.rendering.item import MATERIALS, finish
from siamese_nb.rendering.solids import ball, blend, box, cylinder, ellipsoid, lathe, ring, rod
from siamese_nb.rendering.textures import BACKDROPS, PATTERNS, Pattern, draw_backdrop


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-1.5, 1.5, (3, 400)).astype(np.float32)


def nearest(points, cloud):
    return np.sqrt(((points[:, :, None] - cloud[:, None, :]) ** 2).sum(axis=0).min(axis=1))


def unit_ball(x, y, z):
    return ball(x, y, z, 1.0)


def test_interpolate_agrees_with_scipy():
    rng = np.random.default_rng(1)
    table = rng.random((7, 11), dtype=np.float32)
    u, v = rng.uniform(0, 5.99, 200).astype(np.float32), rng.uniform(0, 9.99, 200).astype(np.float32)
    np.testing.assert_allclose(interpolate(table, u, v), map_coordinates(table, [u, v], order=1), atol=1e-5)


def test_interpolate_keeps_the_tables_values_and_stays_between_them_when_smooth():
    table = np.array([[0, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32)
    v = np.linspace(0, 1, 33, dtype=np.float32)
    values = interpolate(table, np.zeros_like(v), v, smooth=True)
    assert values[0] == 0
    assert values[-1] == 1
    assert np.all(np.diff(values) >= 0)
    assert values[1] < v[1]  # level at the corner


def test_box_is_the_distance_to_the_nearest_point_of_a_box(points):
    half = np.array([0.5, 0.3, 0.8], dtype=np.float32)
    gap = box(*points, tuple(half), 0.0)
    outside = np.any(np.abs(points) > half[:, None], axis=0)
    clamped = np.clip(points, -half[:, None], half[:, None])
    np.testing.assert_allclose(gap[outside], np.linalg.norm(points - clamped, axis=0)[outside], atol=1e-5)
    np.testing.assert_allclose(gap[~outside], -(half[:, None] - np.abs(points)).min(axis=0)[~outside], atol=1e-5)


def test_rod_and_ring_and_cylinder_agree_with_a_cloud_of_points(points):
    t = np.linspace(0, 1, 2001)
    start, end = (-0.4, 0.1, 0.2), (0.5, -0.3, 0.6)
    axis = np.stack([a + t * (b - a) for a, b in zip(start, end, strict=True)])
    np.testing.assert_allclose(rod(*points, start, end, (0.2, 0.2)), nearest(points, axis) - 0.2, atol=1e-3)
    circle = np.stack([0.7 * np.cos(2 * np.pi * t), 0.7 * np.sin(2 * np.pi * t), 0 * t])
    np.testing.assert_allclose(ring(*points, 0.7, 0.1), nearest(points, circle) - 0.1, atol=1e-3)
    rho = np.hypot(points[0], points[1])
    clamped = np.hypot(np.maximum(rho - 0.5, 0), np.maximum(np.abs(points[2]) - 0.3, 0))
    outside = clamped > 0
    np.testing.assert_allclose(cylinder(rho, points[2], 0.5, 0.3, 0.0)[outside], clamped[outside], atol=1e-5)


def test_ellipsoid_of_equal_radii_is_a_ball_and_blend_only_adds(points):
    far = np.linalg.norm(points, axis=0) > 0.1
    np.testing.assert_allclose(ellipsoid(*points, (0.8, 0.8, 0.8))[far], ball(*points, 0.8)[far], atol=1e-4)
    one, two = ball(*points, 0.5), box(*points, (0.2, 0.2, 0.9))
    joined = blend(one, two, 0.2)
    assert np.all(joined <= np.minimum(one, two))
    apart = np.abs(one - two) > 0.2
    np.testing.assert_array_equal(joined[apart], np.minimum(one, two)[apart])


def test_lathe_of_a_half_circle_is_a_ball(points):
    angles = np.linspace(-np.pi / 2, np.pi / 2, 61)
    profile = lathe([(float(np.cos(a)) * 0.6, float(np.sin(a)) * 0.6) for a in angles], rounds=0)
    exact = ball(*points, 0.6)
    gap = profile(np.hypot(points[0], points[1]), points[2])
    near = np.maximum(np.hypot(points[0], points[1]), np.abs(points[2])) < 0.65
    np.testing.assert_allclose(gap[near], exact[near], atol=0.01)
    assert np.all(gap[~near] <= exact[~near] + 0.01)
    assert np.all(gap[~near] > 0)


def test_lathe_of_a_ring_is_hollow():
    tube = lathe([(0.4, 0), (0.5, 0), (0.5, 1), (0.4, 1), (0.4, 0)], rounds=0)
    rho, z = np.array([0.0, 0.45, 0.55], dtype=np.float32), np.full(3, 0.5, dtype=np.float32)
    np.testing.assert_allclose(tube(rho, z), [0.4, -0.05, 0.05], atol=0.01)


def test_camera_looks_at_its_target_from_the_front():
    target = np.array([0.3, -0.2, 0.5], dtype=np.float32)
    camera = aim(target, distance=4, azimuth=0, elevation=0, roll=0, view=0.5, offset=(0, 0), size=32)
    np.testing.assert_allclose(camera.origin, target - [0, 4, 0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(camera.rays, axis=0), 1, atol=1e-6)
    middle = camera.rays.mean(axis=1)
    np.testing.assert_allclose(middle / np.linalg.norm(middle), [0, 1, 0], atol=1e-6)
    first = camera.rays[:, 0]  # top left
    assert first[0] < 0 < first[2]


def test_rays_meet_a_ball_where_algebra_says():
    camera = aim(np.zeros(3), distance=4, azimuth=0.7, elevation=0.3, roll=0.1, view=0.8, offset=(0.1, 0), size=24)
    corner = np.ones(3, dtype=np.float32)
    enter, leave = enter_box(camera.origin, camera.rays, -corner, corner)
    hit, depth = trace(unit_ball, camera.origin, camera.rays, enter, leave)
    half = camera.origin @ camera.rays
    root = half**2 - (camera.origin @ camera.origin - 1)
    clear = np.abs(root) > 0.05
    np.testing.assert_array_equal(np.isin(np.arange(root.size), hit)[clear], (root > 0)[clear])
    sure = clear[hit]
    np.testing.assert_allclose(depth[sure], (-half - np.sqrt(np.maximum(root, 0)))[hit][sure], atol=0.02)
    touched = camera.origin[:, None] + camera.rays[:, hit] * depth
    np.testing.assert_allclose(normals(unit_ball, *touched), touched / np.linalg.norm(touched, axis=0), atol=0.02)


def test_a_ball_throws_a_shadow_and_hides_the_sky_below_it():
    x, z = np.array([0.0, 0.0, 9.0], dtype=np.float32), np.array([-1.5, 1.5, -1.5], dtype=np.float32)
    lamp = lit(unit_ball, x, 0 * x, z, np.array([0, 0, 1], dtype=np.float32), 8.0, 4.0)
    np.testing.assert_allclose(lamp, [0, 1, 1], atol=1e-6)
    up = np.stack([0 * x, 0 * x, np.ones_like(x)])
    sky = open_sky(unit_ball, x, 0 * x, z, up, 1.0)
    assert sky[0] < 0.7
    np.testing.assert_allclose(sky[1:], 1, atol=1e-6)


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_are_shares_and_all_but_plain_use_both_colours(name):
    rng = np.random.default_rng(3)
    u, v = rng.uniform(-2, 2, 4000).astype(np.float32), rng.uniform(0, 2, 4000).astype(np.float32)
    pattern = Pattern(name=name, pitch=3.0, duty=0.45, shift=0.3, table=rng.random((16, 16), dtype=np.float32))
    share = pattern(u, v)
    assert share.shape == u.shape
    assert share.min() >= 0
    assert share.max() <= 1
    if name == "plain":
        assert not share.any()
    else:
        assert 0.1 < share.mean() < 0.9


def test_backdrops_stay_within_reach_of_both_colours_far_from_the_origin():
    u, v = np.random.default_rng(4).uniform(-60, 60, (2, 5000)).astype(np.float32)
    assert sum(share for share, _ in BACKDROPS.values()) == pytest.approx(1)
    for seed in range(20):
        share = draw_backdrop(np.random.default_rng(seed))(u, v)
        assert share.dtype == np.float32
        assert share.min() >= 0
        assert share.max() <= 1.5  # 1 - shade * share stays positive with any shade in use


@pytest.mark.parametrize("category", FAMILIES)
def test_products_stand_on_the_table_within_their_box(category):
    side, up = np.linspace(-2, 2, 36, dtype=np.float32), np.linspace(-0.3, 3.2, 36, dtype=np.float32)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(side, side, up, indexing="ij")])
    for seed in range(6):
        rng = np.random.default_rng(seed)
        item = finish(FAMILIES[category](rng), rng)
        gap = item.solid(*grid)
        assert gap.dtype == np.float32
        beyond = np.any((grid < item.low[:, None]) | (grid > item.high[:, None]), axis=0)
        assert np.all(gap[beyond] > -0.03)
        assert np.any(gap < 0)
        assert len(item.product.parts(*grid[:, :2])) == len(item.product.roles) == len(item.colours)
        assert set(item.product.roles) <= {"main", "second", *MATERIALS}


@pytest.mark.parametrize("category", FAMILIES)
def test_a_couple_is_two_pictures_in_different_scenes(category):
    one, two = render_couple(category, 32, np.random.default_rng(5))
    again, _ = render_couple(category, 32, np.random.default_rng(5))
    for picture in (one, two):
        assert picture.shape == (32, 32, 3)
        assert picture.dtype == np.uint8
        assert picture.std() > 8
        assert 50 < picture.mean() < 205
    np.testing.assert_array_equal(one, again)
    assert np.abs(one.astype(int) - two).mean() > 5


def test_products_of_a_category_differ():
    drawn = [render_couple("mug", 32, np.random.default_rng(seed))[0] for seed in range(4)]
    assert all(np.abs(a.astype(int) - b).mean() > 5 for a, b in itertools.combinations(drawn, 2))
