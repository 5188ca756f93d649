"""The alternative that `bench.py cold-start` measures beside: the same function, with every module loaded at start.

functions-framework --asgi --source scripts/eager_functions.py --target yookassa_webhook
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "functions"))

import main

for name in main.FUNCTIONS:
    main.load(name)

yookassa_webhook = main.entry_point("yookassa_webhook")
