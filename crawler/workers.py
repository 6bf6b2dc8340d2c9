"""A pool of extraction processes that can be killed."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Final

import msgspec

from crawler.config import CrawlConfig
from crawler.page import Extracted, Job
from crawler.worker import LENGTH

# A worker ends by itself somewhat later than the pool would kill it: only a pool that died leaves it the chance.
_GRACE: Final = 5.0
# Parsers keep some memory of each page: a fresh process now and then bounds it.
_PAGES_PER_PROCESS: Final = 2_000


class Extractors:
    """Extracts pages in up to `extract_workers` processes, which start when they are first needed."""

    def __init__(self, config: CrawlConfig) -> None:
        count = config.extract_workers or os.cpu_count() or 1
        self._config = config
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers = [_Worker(config) for _ in range(count)]
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def extract(self, job: Job) -> Extracted:
        """Return what a page holds; one that hangs or crashes its process comes back with a failure."""
        worker = await self._free.get()
        try:
            async with asyncio.timeout(self._config.extract_seconds):
                return await worker.extract(job)
        except TimeoutError:
            worker.kill()
            return Extracted(failure="extract_timeout")
        except (OSError, EOFError, msgspec.DecodeError):
            worker.kill()
            return Extracted(failure="extract_crash")
        except BaseException:
            # Cancelled amid a page: its answer must not be taken for the next page's.
            worker.kill()
            raise
        finally:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            await worker.wait()


class _Worker:
    def __init__(self, config: CrawlConfig) -> None:
        self._config = config
        self._process: Process | None = None
        self._killed: list[Process] = []
        self._pages = 0

    async def extract(self, job: Job) -> Extracted:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes by construction
        frame = msgspec.msgpack.encode(job)
        process.stdin.write(LENGTH.pack(len(frame)) + frame)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        self._pages += 1
        return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Extracted)

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._killed.append(self._process)
            self._process = None

    async def wait(self) -> None:
        for process in self._killed:
            await process.wait()

    async def _running(self) -> Process:
        if self._pages >= _PAGES_PER_PROCESS:
            self.kill()
        if self._process is None:
            self._pages = 0
            self._process = await self._start()
        return self._process

    async def _start(self) -> Process:
        arguments = [str(self._config.extract_seconds + _GRACE), str(self._config.extract_memory_mb)]
        # -P: a folder that happens to be the current one must not bring its own modules.
        command = [sys.executable, "-P", "-m", "crawler.worker", *arguments]
        return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
