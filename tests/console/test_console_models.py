"""What the console knows of SES v2 is what AWS's model says: each operation's place, and the members in it."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from botocore.loaders import Loader

ROOT = Path(__file__).parents[2]
FILE = ROOT / "console/src/api/sesv2.ts"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("console_models", ROOT / "scripts/console_models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_operation_is_where_the_model_has_it(generator: ModuleType) -> None:
    """A newer model may have more; what both have is the same."""
    line = re.compile(r"^  (\w+): (\[\"(?:GET|PUT|POST|DELETE|PATCH)\".*),$", re.MULTILINE)
    written = dict(line.findall(FILE.read_text("utf-8")))
    meant = dict(line.findall(generator.text()))
    model = Loader().load_service_model("sesv2", "service-2")
    assert meant.keys() == model["operations"].keys()
    assert written.keys() <= meant.keys()
    assert len(written) > 100
    assert written == {name: meant[name] for name in written}


def test_types_follow_the_model(generator: ModuleType) -> None:
    text = generator.text()
    assert "export interface CreateEmailIdentityRequest {\n  EmailIdentity: string;\n  Tags?: Array<Tag>;" in text
    assert 'export type TlsPolicy = "REQUIRE" | "OPTIONAL";' in text
