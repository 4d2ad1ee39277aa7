"""Module names that a file written by a recording must not shadow."""

from __future__ import annotations

import functools
import sys

# Import names of the best-known data packages, and of optional modules that these packages, the
# standard library, or the interpreter try to import.
_KNOWN = (
    "accelerate aiohttp airflow altair anthropic anyio anywidget AppKit appnope "
    "apport_python_hook arch argon2 arviz astropy asynchat asyncore attr attrs awkward babel "
    "backports bambi black bleach bokeh boto3 botocore bottleneck bqplot brotli brotlicffi bs4 "
    "cartopy catboost category_encoders cattrs cchardet celery certifi cfgrib chardet "
    "charset_normalizer claude_agent_sdk claude_notebook click cloudpickle colorama comm conda "
    "contourpy coverage cryptography cudf cupy cv2 cvxopt cvxpy cycler cython darts dash dask "
    "datasets dateutil debugpy decorator defusedxml deltalake diffusers dill distributed "
    "distutils docutils dotenv dtale duckdb einops evaluate eventlet exceptiongroup executing "
    "fastai fastapi fastjsonschema fastparquet feather fiona flake8 flask flax folium fontTools "
    "fsspec gensim geopandas geopy gevent ggplot gi ginza gnureadline google gradio graphviz "
    "great_expectations greenlet gym gymnasium h11 h2 h5py hdbscan hist holoviews html5lib "
    "httpcore httpx huggingface_hub humanize hvplot hypothesis ibis idna imageio imblearn imp "
    "importlib_metadata importlib_resources intake ipykernel ipyleaflet ipympl ipyparallel "
    "IPython ipython_genutils ipywidgets isodate isort itables jaraco java jax jaxlib jedi "
    "jinja2 joblib json5 jsonschema jupyter jupyter_client jupyter_core jupyter_server "
    "jupyterlab jupyterlab_server jupytext kagglehub kaleido keras kiwisolver langchain "
    "lets_plot lifelines lightgbm lightning linearmodels llvmlite lmfit lxml mako marimo "
    "markdown markupsafe matplotlib matplotlib_inline mayavi mcp missingno mistune mlflow mock "
    "modin more_itertools mpl_toolkits mpmath msgpack msgspec multidict multiprocess mypy mysql "
    "nbclient nbconvert nbdime nbformat neo4j nest_asyncio netCDF4 networkx nltk notebook numba "
    "numexpr numpy numpyro objc odf openai opendatasets openpyxl optuna org orjson osgeo "
    "overrides packaging pandas pandas_datareader pandera pandocfilters panel papermill param "
    "parso patsy peewee pexpect PIL pingouin pip pkg_resources platformdirs plotly plotnine "
    "pluggy pmdarima polars pooch prefect prometheus_client prompt_toolkit prophet proto psutil "
    "psycopg psycopg2 ptyprocess pure_eval pyarrow pycaret pycountry pycuda pydantic "
    "pydantic_core pydeck pygments pygwalker pylab pylint pylsp pymc pymongo pymysql pyodbc "
    "pyparsing pyproj PyQt5 PyQt6 pyreadline pyreadline3 pyreadstat pyro PySide2 PySide6 "
    "pyspark pytensor pytest pytest_cov python_calamine pythoncom pytz pyvista pywintypes "
    "pyxlsb qtconsole qtpy rasterio ray redis referencing regex requests rich rioxarray river "
    "rpds rtree ruamel ruff s3fs safetensors sage scipy scrapy seaborn selenium send2trash "
    "sentence_transformers sentencepiece setuptools shap shapely simplejson sitecustomize six "
    "skimage sklearn skopt sktime smart_open smtpd sniffio snowflake socks sortedcontainers "
    "soupsieve spacy sphinx sqlalchemy sqlglot sqlite_utils sqlmodel sqlparse stack_data "
    "starlette statsforecast statsmodels streamlit sweetviz sympy tables tabulate tenacity "
    "tensorboard tensorflow terminado textblob threadpoolctl tiktoken tokenizers toml tomli "
    "tomli_w toolz torch torchaudio torchvision tornado tqdm traitlets trame transformers trio "
    "tsai tsfresh twisted typer typing_extensions tzdata tzlocal ujson umap uproot urllib3 "
    "usercustomize uvicorn uvloop vaex vega_datasets voila vtk wandb watchdog wcwidth "
    "webencodings websocket websockets werkzeug wheel widgetsnbextension win32api win32com "
    "wordcloud wx xarray xdist xgboost xlrd xlsxwriter xlwt xxhash yaml yarl ydata_profiling "
    "yfinance zarr zipp zmq zope zstandard zstd"
)


@functools.cache
def module_names() -> frozenset[str]:
    """Return the lowercase names of well-known modules and of all importable modules."""
    from importlib.metadata import packages_distributions

    installed = (name for name in packages_distributions() if name.isidentifier())
    return frozenset(
        name.lower() for name in {*sys.stdlib_module_names, *installed, *_KNOWN.split()}
    )
