"""Read and parse files, and do nothing with them: the floor below every validator in Python.

python parse_only.py json DIRECTORY      orjson
python parse_only.py lines FILE          orjson
python parse_only.py yaml DIRECTORY      the events of PyYAML's C parser
"""

import sys
from pathlib import Path


def main(kind: str, path: str) -> None:
    """Parse, and print how many documents there were."""
    count = 0
    if kind == "yaml":
        import yaml

        for file in Path(path).iterdir():
            for _ in yaml.parse(file.read_bytes(), Loader=yaml.CSafeLoader):
                pass
            count += 1
    else:
        import orjson

        if kind == "lines":
            with Path(path).open("rb") as lines:
                for line in lines:
                    orjson.loads(line)
                    count += 1
        else:
            for file in Path(path).iterdir():
                orjson.loads(file.read_bytes())
                count += 1
    sys.stdout.write(f"{count} parsed\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
