"""The AWS CLI for many calls: a JSON line of arguments in, a JSON line with what it did out.

To start it takes several times as long as to call an operation.
"""

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from awscli.clidriver import create_clidriver


def main() -> None:
    """Run `aws pinpoint` with the arguments of each line."""
    aws = create_clidriver()
    for line in sys.stdin:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = aws.main(["pinpoint", *json.loads(line)])
        sys.stdout.write(f"{json.dumps([code, out.getvalue(), err.getvalue()])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
