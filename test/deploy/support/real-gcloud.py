"""Reads command lines and a service as Google's own command line does, without sending anything.

Standard input: {"sdk": folder, "commands": [[word, ...], ...], "services": [service, ...]} as JSON.
Standard output: {"commands": [fault or null, ...], "services": [fault or null, ...]}.
"""

import contextlib
import io
import json
import os
import sys

asked = json.load(sys.stdin)
sys.path[:0] = [os.path.join(asked["sdk"], "lib"), os.path.join(asked["sdk"], "lib", "third_party")]

from googlecloudsdk import gcloud_main  # noqa: E402
from googlecloudsdk.api_lib.util import apis  # noqa: E402
from googlecloudsdk.api_lib.util import messages as messages_util  # noqa: E402

parser = gcloud_main.CreateCLI([])._CLI__parser


def fault_of(read):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            read()
        return None
    except SystemExit:
        return said.getvalue() or "refused"
    except Exception as error:  # whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"


def read_service(service):
    messages = apis.GetMessagesModule("run", "v1")
    messages_util.DictToMessageWithErrorCheck(service, messages.Service)


json.dump(
    {
        "commands": [fault_of(lambda: parser.parse_args(argv)) for argv in asked["commands"]],
        "services": [fault_of(lambda: read_service(service)) for service in asked["services"]],
    },
    sys.stdout,
)
