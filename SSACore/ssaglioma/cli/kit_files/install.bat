@echo off
rem Install SSAGlioma from this folder: no network, no administrator. Usage: install.bat [--folder DIR]
setlocal
set "here=%~dp0"
py -@PYTHON@ -c "" >nul 2>nul
if not errorlevel 1 (
    py -@PYTHON@ "%here%install.py" %*
    goto end
)
python -c "import sys; raise SystemExit(\"%%d.%%d\" %% sys.version_info[:2] != \"@PYTHON@\")" >nul 2>nul
if not errorlevel 1 (
    python "%here%install.py" %*
    goto end
)
echo Error: Python @PYTHON@ was not found. Install it from python.org "for me only": that needs no administrator.
echo For 3D Slicer: "C:\path\to\Slicer\bin\PythonSlicer.exe" install.py --slicer "C:\path\to\Slicer\bin\PythonSlicer.exe"
exit /b 3
:end
set code=%errorlevel%
echo %cmdcmdline% | find /i "%~0" >nul && pause
exit /b %code%
