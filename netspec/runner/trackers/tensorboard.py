"""TensorBoard: event files in `tensorboard/` of the run folder, for `tensorboard --logdir runs`.

Each file is written through at once, without a thread. One of a resumed run begins by taking back all
steps of those before it, and tells every epoch again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from netspec.runner.records import Epoch
from netspec.runner.trackers.tracker import Ending, RunFacts, figures_of


class TensorBoard:
    name = "TensorBoard"

    def begin(self, run: RunFacts, done: Sequence[Epoch]) -> None:
        folder = run.folder / "tensorboard"
        folder.mkdir(exist_ok=True)
        resumed = any(folder.glob("events.*"))
        # Readers take the files in the order of their names.
        file = folder / f"events.out.tfevents.{time.time():020.6f}.{socket.gethostname()}"
        self._file = file.open("wb")
        self._writer = RecordWriter(self._file)
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))
        if resumed:
            again = SessionLog(status=SessionLog.START)
            self._write(Event(wall_time=time.time(), step=1, session_log=again))
        for epoch in done:
            self.after_epoch(epoch)

    def after_epoch(self, epoch: Epoch) -> None:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in figures_of(epoch).items()]
        self._write(Event(wall_time=time.time(), step=epoch.number, summary=Summary(value=values)))

    def end(self, ending: Ending) -> None:
        self._file.close()

    def _write(self, event: Event) -> None:
        self._writer.write(event.SerializeToString())
        self._writer.flush()
