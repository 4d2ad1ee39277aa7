"""Allow-list of the files that an applied recording may write."""

import os
import subprocess
from pathlib import PurePath

import pytest
from stage import Stage

from claude_notebook.recording.effects.allowed_files import FORMATS
from claude_notebook.recording.effects.protected_paths import reason_to_skip


def _paths(text: str) -> list[str]:
    return text.split()


ORDINARY = _paths(
    """
    a.txt notes/2026.1.txt README.md docs/report.final.2026.rst.csv prose.rst CHANGELOG.md
    bakery_clean.csv data/bakery.csv tables/a.tsv raw.ndjson events.jsonl places.geojson data.json
    results/metrics.json sales_2026.json customers.json survey-results.json weather.json
    prices.2.json figure.png charts/sales.svg refs.bib report.html docs/index.html style.css
    main.py bakery.py src/model.py src/features/clean_data.py scripts/make_figures.py
    lib/helpers_of_us.py pkg/__init__.py analysis.R plots.jl query.sql app.js chart.ts solver.c
    analysis.ipynb test.csv v1.2/a.txt Gemüse/Äpfel.csv 売上.csv shopping.txt python/x.py users.json
    order_items.json latest.py src/steps_of_analysis.py
    """
)
REPOSITORY = ["HEAD", "config", "objects/x", "refs/x", "objects/a.txt", "refs/heads/a.md"]
NO_FORMAT = _paths(
    """
    bin/activate hooks/pre-commit start configure Snakefile Brewfile Guardfile Earthfile
    DESCRIPTION mise.toml build.sbt build.zig skaffold.yaml binding.gyp invoke.yaml dvc.yaml
    main.tf x.auto.tfvars Pulumi.yaml serverless.yml wrangler.toml uv.lock Rprofile.site renv.lock
    x.sh model.pkl x.xml x.ini x.cfg x.yaml x.toml x.properties x.conf x.rb x.pl x.php x.lua x.vim
    x.el x.go x.rs x.java x.cs x.swift x.kt x.h x.tex x.cls x.sty x.Rmd x.qmd x.pyi x.pyw x.pyx
    x.mjs x.cjs x.tsx x.jsx x.mdx x.mdc x.json5 x.jsonc x.proto x.graphql x.ps1 x.wasm x.jar x.zip
    x.docx x.xlsm x.hta x.scpt x.applescript x.user x.env x.patch x.diff x.j2 x.jinja x.ejs x.crt
    x.pem x.key x.rc x.d x.asm x.S x.hs x.ml x.ex x.erl x.clj x.dart x.nim x.zig x.v x.tcl x.awk
    x.sed x.r.txt.sh
    """
)
NAMED = _paths(
    """
    hooks/hooks.json plugin.json mcp.json skills/x/SKILL.md QWEN.md AGENT.md
    copilot-instructions.md CMakeUserPresets.json hatch_build.py versioneer.py manage.py
    nbconvert_config.py install.R runtime.txt renv/activate.R startup.jl numpy.py
    numpy/__init__.py nodemon.json cdk.json firebase.json angular.json global.json now.json
    app.json tasks.json settings.json launch.json compile_commands.json manifest.json x.tf.json
    data.tf.json data.pkr.json x.auto.tfvars.json claude_desktop_config.json opencode.json
    mcp-config.json import_map.json packages.txt CMakeCache.txt meson_options.txt
    compile_flags.txt entry_points.txt requirements_dev.txt dev-requirements.txt
    requirements/base.txt plugins.txt llms.txt AGENTS.txt AGENTS.override.md x.prompt.md
    x.instructions.md x.chatmode.md memory.md knowledge.md SOUL.md HEARTBEAT.md WARP.md CRUSH.md
    CONVENTIONS.md agents/x.md commands/x.md output-styles/x.md __main__.py conf.py docs/conf.py
    wsgi.py gunicorn.conf.py pavement.py locustfile.py toxfile.py celeryconfig.py test_x.py
    x_test.py testing.py tests/x.py hubconf.py env.py dags/x.py migrations/0001.py
    management/commands/x.py templates/x.html startup/x.py profile_default/x.py _targets.R zzz.R
    server.R Rprofile.R R/setup.R build.jl make.jl runtests.jl V1__init.sql init.sql index.js
    server.js karma.conf.js app.config.ts ecosystem.config.js plopfile.js setupTests.js user.js
    sw.js x.test.ts x.user.js middleware.ts api/x.js functions/x.js pages/x.py libx.so-gdb.py
    x-gdb.py userChrome.css custom.css conf.d/x.txt x.app/a.txt x.dist-info/a.txt venv/x.py
    .venv/x.py my-env/x.py python3.11/x.py lib/site-packages/x.csv etc/x.txt node_modules/x.csv
    pandas.py Pandas.PY sklearn/__init__.py src/torch/__init__.py PIL.py cv2.py yaml.py
    simplejson.py lxml/__init__.py json.py sub/random.py msgspec.py tensorflow/x.py
    """
)
SPELLED = [
    *(
        "numpy.py ",
        "numpy.py.",
        "ｎumpy.py",
        "num\u200bpy.py",
        "NUMPY.py",
        "a.csv:b.csv",
        "A~1.CSV",
    ),
    *("a\u202ecsv.txt", "a.csv.", "a.csv ", " a.csv", "a\n.csv", "v1./a.csv", "hooks./a.csv"),
    *(
        "HOOKS/a.csv",
        "ＢＩＮ/a.csv",
        "nul.txt",
        "AUX.csv",
        "com1.md",
        "sub\\hooks\\a.csv",
        "LPT¹.txt",
    ),
]
# Other members of each kind, for which no rule was written.
FURTHER = _paths(
    """
    Kptfile Dagfile Steepfile Fastfile Podfile Berksfile Cartfile Mintfile Dangerfile.ts x.ipy
    jupyter-lite.json repo.json page_config.json rig.json gitpod.json hardhat.config.ts x.cocci
    ruff.py lefthook.json x.service.json CLAUDE.txt GEMINI.rst uvicorn.py site.py sitecustomize.js
    bootstrap.py conanfile.txt conanfile.py xonshrc.py ipython_startup.py x_plugin.py .Rprofile.R
    Manifest.json pre_commit_hooks.py modules.txt gatsby-node.js ember-cli-build.js serverless.ts
    proxy.ts sidebars.js codegen.ts extension.js newrelic.config.js org/python/core/__init__.py
    org.py sitecustomize/__init__.py usercustomize.py celery.py site_scons/site_init.py
    custom_nodes/x/__init__.py userSetup.py commands.py package.py features/steps/x.py
    features/environment.py supabase/seed.sql schema.sql import.sql data.sql bindep.txt
    cmdline.txt tic.R dependencies.R routes.jl system.md AI.md values.json
    inventory.json node.json state.json token.json model_index.json wwwroot/x.html plug-ins/x.py
    jest-preset.js app.py app.R run.R streamlit_app.py newrelic.js apps.py
    benchmark/benchmarks.jl overrides.py importlib_metadata.py PyQt5/__init__.py
    """
)


@pytest.mark.parametrize("path", ORDINARY)
def test_applier_writes_ordinary_formats(tmp_path, path):
    stage = Stage(tmp_path / "again", "/desk")
    assert stage.apply("Write", file_path=f"/desk/{path}", content="x").kind == "applied"
    assert stage.files == {path: "x"}


@pytest.mark.parametrize("path", [*REPOSITORY, *NO_FORMAT, *NAMED, *SPELLED, *FURTHER])
def test_applier_skips_files_that_programs_obey(tmp_path, path):
    stage = Stage(tmp_path / "again", "/desk")
    stage.folder.mkdir()
    note = stage.apply("Write", file_path=f"/desk/{path}", content="x")
    assert note.kind == "not applied"
    assert reason_to_skip(PurePath(path)) in note.text
    assert list(stage.folder.iterdir()) == []


def test_applier_does_not_turn_the_folder_into_a_repository(tmp_path):
    stage = Stage(tmp_path / "again", "/desk")
    stage.folder.mkdir()
    command = f"touch {tmp_path / 'ran'}"
    contents = {
        "HEAD": "ref: refs/heads/main\n",
        "config": f'[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "{command}"\n',
        "objects/x": "",
        "refs/x": "",
    }
    for path, content in contents.items():
        assert stage.apply("Write", file_path=path, content=content).kind == "not applied"
    env = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    status = subprocess.run(["git", "status"], cwd=stage.folder, env=env, capture_output=True)
    assert b"not a git repository" in status.stderr
    assert not (tmp_path / "ran").exists()


def test_formats_list_each_extension_once_with_a_reason():
    extensions = [extension for row in FORMATS for extension in row.extensions.split()]
    assert len(extensions) == len(set(extensions))
    assert [row for row in FORMATS if not row.reason.endswith(".")] == []
