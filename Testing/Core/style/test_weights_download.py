"""Fetching weights from a server on this machine that breaks off, forgets, or holds another file."""

import hashlib
import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.style.encoders import ENCODERS, build_encoder, torchvision_places
from ssaglioma.style.published import VGG19_IMAGENET
from SSASlicerLib.downloads import download

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "fetch_vgg19.py"
FILE = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(FILE).hexdigest()


class Server(HTTPServer):
    """Serves one file; `break_after` bytes the line breaks, as often as `breaks` says."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.file, self.breaks, self.break_after, self.knows_ranges = FILE, 0, 300_000, True
        self.status, self.ranges = 0, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/weights.pth"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        if server.status:
            self.send_error(server.status)
            return
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and server.knows_ranges else 0
        whole = len(server.file)
        if start >= whole:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{whole}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        self.send_header("Content-Length", str(whole - start))
        self.end_headers()
        stop = whole
        if server.breaks:
            server.breaks -= 1
            stop = min(whole, start + server.break_after)
        self.wfile.write(server.file[start:stop])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    one = Server()
    thread = threading.Thread(target=one.serve_forever, args=(0.01,))
    thread.start()
    yield one
    one.shutdown()
    thread.join()
    one.server_close()


def fetch(server, target, **changes):
    return download(server.address, target, **{"digest": DIGEST, "pause_seconds": 0.0, **changes})


def test_a_file_arrives_and_is_verified(server, tmp_path):
    seen = []
    result = fetch(server, tmp_path / "new" / "weights.pth", progress=lambda fraction, text: seen.append(fraction))
    assert result.path.read_bytes() == FILE
    assert result.verified and result.sha256 == DIGEST
    assert seen[-1] == 1.0 and seen == sorted(seen)
    assert [path.name for path in result.path.parent.iterdir()] == ["weights.pth"]


def test_a_broken_line_is_taken_up_where_it_stopped(server, tmp_path):
    server.breaks = 2
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE
    assert server.ranges == [None, "bytes=300000-", "bytes=600000-"]


def test_what_arrived_is_kept_for_the_next_call(server, tmp_path):
    server.breaks = 1
    with pytest.raises(SSAGliomaError, match="300000 bytes that arrived are kept") as caught:
        fetch(server, tmp_path / "weights.pth", attempts=1)
    assert caught.value.exit_code == 3
    assert (tmp_path / "weights.pth.part").read_bytes() == FILE[:300_000]
    assert not (tmp_path / "weights.pth").exists()
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE
    assert server.ranges[1] == "bytes=300000-"


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    server.breaks, server.knows_ranges = 1, False
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE
    assert server.ranges == [None, "bytes=300000-"]


def test_a_whole_part_needs_only_its_name(server, tmp_path):
    (tmp_path / "weights.pth.part").write_bytes(FILE)
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE


def test_a_part_longer_than_the_file_is_begun_anew(server, tmp_path):
    (tmp_path / "weights.pth.part").write_bytes(FILE + b"more")
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE


def test_another_file_is_refused_and_removed(server, tmp_path):
    server.file = b"something else" * 1000
    found = hashlib.sha256(server.file).hexdigest()
    with pytest.raises(ModelPackageError) as caught:
        fetch(server, tmp_path / "weights.pth")
    assert found in caught.value.problem and caught.value.expected == DIGEST
    assert "Fetch it again" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_another_file_is_refused_and_the_next_call_succeeds(server, tmp_path):
    (tmp_path / "weights.pth.part").write_bytes(b"x" * 1000)
    with pytest.raises(ModelPackageError):
        fetch(server, tmp_path / "weights.pth")
    assert fetch(server, tmp_path / "weights.pth").path.read_bytes() == FILE


def test_first_digits_alone_are_compared_but_do_not_verify(server, tmp_path):
    assert not fetch(server, tmp_path / "weights.pth", digest=DIGEST[:8]).verified
    with pytest.raises(ModelPackageError, match="00000000... \\(its first digits\\)"):
        fetch(server, tmp_path / "other.pth", digest="00000000")


def test_a_file_that_is_there_is_not_fetched_again(server, tmp_path):
    fetch(server, tmp_path / "weights.pth")
    assert fetch(server, tmp_path / "weights.pth").verified
    assert len(server.ranges) == 1


def test_a_missing_file_says_so_at_once(server, tmp_path):
    server.status = 404
    with pytest.raises(SSAGliomaError, match="the server says 404"):
        fetch(server, tmp_path / "weights.pth")
    assert len(server.ranges) == 1


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.status = 503
    with pytest.raises(SSAGliomaError, match="the server says 503"):
        fetch(server, tmp_path / "weights.pth", attempts=3)
    assert len(server.ranges) == 3


def test_no_server_at_all_is_said_plainly(tmp_path):
    with pytest.raises(SSAGliomaError, match="could not be fetched"):
        download("http://127.0.0.1:9/x", tmp_path / "x", digest=DIGEST, attempts=1, timeout_seconds=2)


def test_other_addresses_and_digests_are_refused(tmp_path):
    with pytest.raises(SSAGliomaError, match="address is 'file:///etc/hosts'"):
        download("file:///etc/hosts", tmp_path / "x", digest=DIGEST)
    with pytest.raises(SSAGliomaError, match="SHA-256 is 'abc'"):
        download("https://example.org/x", tmp_path / "x", digest="abc")


def test_the_published_digest_begins_with_the_digits_in_the_files_name():
    assert VGG19_IMAGENET.file_name.endswith(f"-{VGG19_IMAGENET.sha256[:8]}.pth")
    assert VGG19_IMAGENET.address.endswith("/" + VGG19_IMAGENET.file_name)
    assert len(VGG19_IMAGENET.sha256) == 64


@pytest.fixture
def fetch_script():
    spec = importlib.util.spec_from_file_location("fetch_vgg19", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published_state():
    """A state dictionary with torchvision's names and VGG-19's shapes, and a layer that is not needed."""
    configuration = ENCODERS["vgg19_conv5"]
    state = {}
    for name, place in torchvision_places(configuration).items():
        convolution = build_encoder(configuration.name).convs[name]
        state |= {f"features.{place}.{kind}": getattr(convolution, kind).data for kind in ("weight", "bias")}
    return {**state, "classifier.0.weight": torch.zeros(3, 3)}


def test_the_script_fetches_checks_and_keeps_the_convolutions(server, tmp_path, fetch_script, capsys):
    state = published_state()
    torch.save(state, tmp_path / "source.pth")
    server.file = (tmp_path / "source.pth").read_bytes()
    output = tmp_path / "vgg19.safetensors"
    digest = hashlib.sha256(server.file).hexdigest()
    assert fetch_script.main([str(output), "--address", server.address, "--sha256", digest]) == 0
    assert "(verified); 28 tensors" in capsys.readouterr().out
    kept = load_file(str(output))
    assert len(kept) == 28 and "classifier.0.weight" not in kept
    torch.testing.assert_close(build_encoder("vgg19", kept).convs["conv4_1"].weight, state["features.19.weight"])
    assert not (tmp_path / VGG19_IMAGENET.file_name).exists()


def test_the_script_refuses_a_wrong_digest(server, tmp_path, fetch_script, capsys):
    assert fetch_script.main([str(tmp_path / "x.safetensors"), "--address", server.address]) == 2
    assert VGG19_IMAGENET.sha256 in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_script_refuses_other_weights(tmp_path, fetch_script):
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ModelPackageError, match="holds no VGG-19"):
        fetch_script.keep_convolutions(tmp_path / "other.pth", tmp_path / "out.safetensors")
