"""How fluently the page's map moves: milliseconds a frame in headless Chromium, beside one `arc()` for each dot.

Usage: python benchmarks/map_page.py PROJECT_FOLDER [--companies 55000]

The project is any finished one; the page and its script are the real ones, only the dots are made up: islands of
companies as a large stock has them, seeded. Both painters draw the same dots on a canvas of the same size.
"""

import argparse
import shutil
import socket
import statistics
import struct
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn
from playwright.sync_api import Page, Route, sync_playwright

from potenzial.project import open_project
from potenzial.web.app import create_app

FRAMES = 60
RIVAL = """([count, frames]) => {
  const canvas = document.createElement("canvas"), shown = document.getElementById("map");
  canvas.width = shown.width; canvas.height = shown.height;
  document.body.append(canvas);
  const context = canvas.getContext("2d"), colours = ["#12395b", "#5d9bcb", "#e08a1e", "#aab4be"], times = [];
  for (let frame = 0; frame < frames; frame++) {
    const begun = performance.now();
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < count; i++) {
      context.beginPath();
      context.arc((i * 7919 + frame * 3) % canvas.width, (i * 104729) % canvas.height, 1, 0, 7);
      context.fillStyle = colours[i % 4];
      context.fill();
    }
    context.getImageData(0, 0, 1, 1);
    times.push(performance.now() - begun);
  }
  return times;
}"""


def packed(count: int) -> bytes:
    """Dots as `potenzial.web.charts` packs them, on 40 islands."""
    rng = np.random.default_rng(7)
    cluster = rng.integers(0, 40, count)
    middles = rng.uniform(-1, 1, (40, 2))
    places = middles[cluster] + rng.normal(0, 0.05, (count, 2))
    columns = (
        places[:, 0].astype("<f4"), places[:, 1].astype("<f4"), rng.lognormal(8, 2, count).astype("<f4"),
        cluster.astype("<i2"), rng.integers(0, 4, count).astype("u1"), rng.integers(0, 4, count).astype("u1"),
    )  # fmt: skip
    return struct.pack("<I", count) + b"".join(column.tobytes() for column in columns)


def moved(page: Page) -> list[float]:
    """Drag, zoom and select, and give the milliseconds of all frames."""
    box = page.locator("#map").bounding_box()
    assert box is not None  # noqa: S101 - the map is on the page
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(FRAMES):
        page.mouse.move(x + 2 * (step % 30), y + step % 20)
        page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()
    for step in range(FRAMES // 2):
        page.mouse.wheel(0, -60 if step < FRAMES // 4 else 60)
        page.evaluate("new Promise(requestAnimationFrame)")
    return [float(one) for one in page.evaluate("performance.getEntriesByName('map').map((one) => one.duration)")]


def told(name: str, times: list[float]) -> float:
    """Print the median and the slowest tenth of frames; gives the median."""
    ordered, middle = sorted(times), statistics.median(times)
    print(f"{name:<28} {middle:7.1f} ms median {ordered[int(0.95 * len(ordered))]:7.1f} ms p95 ({len(times)} frames)")
    return middle


def main() -> None:
    """Serve the project, put the dots in, move, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--companies", type=int, default=55_000)
    asked = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(open_project(asked.project / "potenzial.toml"))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    body = packed(asked.companies)

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="application/octet-stream")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        page.route("**/map/points?*", answer)
        begun = time.perf_counter()
        page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}/map#measure")
        page.locator(f'#map[data-ready="{asked.companies}"]').wait_for()
        print(f"{asked.companies:,} dots, ready after {time.perf_counter() - begun:.2f} s")
        ours = told("the page's painter", moved(page))
        rival = told("arc() for each dot", page.evaluate(RIVAL, [asked.companies, 20]))
        print(f"arc() takes {rival / ours:.1f} times as long")
        chromium.close()


if __name__ == "__main__":
    main()
