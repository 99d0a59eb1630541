//! What a check needs from the machine: found, installed where we may, named where we may not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{must, output, root};

/// A program and the Debian package that brings it.
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
}

pub(crate) const REDIS_SERVER: Tool = Tool {
    program: "redis-server",
    package: "redis-server",
};
pub(crate) const REDIS_CLI: Tool = Tool {
    program: "redis-cli",
    package: "redis-tools",
};
pub(crate) const POSTGRES: Tool = Tool {
    program: "initdb",
    package: "postgresql",
};
pub(crate) const TCL: Tool = Tool {
    program: "tclsh",
    package: "tcl",
};
pub(crate) const DPKG_SOURCE: Tool = Tool {
    program: "dpkg-source",
    package: "dpkg-dev",
};
pub(crate) const PYTHON: Tool = Tool {
    program: "python3",
    package: "python3",
};
pub(crate) const COMPILER: Tool = Tool {
    program: "cc",
    package: "gcc",
};
pub(crate) const MAKE: Tool = Tool {
    program: "make",
    package: "make",
};

/// Finds a program on the path, and PostgreSQL's where Debian hides them.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders
        .into_iter()
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Stops with the packages to install when a build tool is missing; installs nothing.
pub(crate) fn check_build_tools() -> Result<()> {
    let missing: Vec<String> = [COMPILER, MAKE]
        .iter()
        .filter(|tool| find(tool.program).is_none())
        .map(|tool| {
            format!(
                "`{}` is missing: install the package `{}`",
                tool.program, tool.package
            )
        })
        .collect();
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    Ok(())
}

/// Makes sure that the programs exist; installs their packages when root on a Debian system.
pub(crate) fn programs(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&Tool> = tools
        .iter()
        .filter(|tool| find(tool.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    apt_install(&packages)?;
    for tool in missing {
        if find(tool.program).is_none() {
            bail!(
                "package `{}` was installed and brought no `{}`",
                tool.package,
                tool.program
            );
        }
    }
    Ok(())
}

/// Installs Debian packages without starting any of their services.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if find("apt-get").is_none() {
        bail!(
            "missing packages (Debian's names): {list}. There is no apt-get here: please install them"
        );
    }
    if !is_root() {
        bail!(
            "missing packages: {list}. Please run: sudo apt-get install --no-install-recommends {list}"
        );
    }
    eprintln!("installing {list} (apt-get; no service is started)");
    let _quiet = NoServices::new()?;
    let mut install = apt_get();
    install
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages);
    if output(&mut install).is_ok() {
        return Ok(());
    }
    apt_update();
    output(&mut install).map(drop)
}

/// Refreshes the package lists. A single unreachable list is not our failure, so the outcome is not looked at.
pub(crate) fn apt_update() {
    output(apt_get().args(["update", "--quiet"])).ok();
}

pub(crate) fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// While it lives, `policy-rc.d` forbids maintainer scripts to start services. One that is there already stays.
struct NoServices {
    made: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn new() -> Result<NoServices> {
        use std::os::unix::fs::PermissionsExt;
        if Path::new(POLICY).exists() {
            return Ok(NoServices { made: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n").with_context(|| format!("write {POLICY}"))?;
        fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
        Ok(NoServices { made: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.made {
            fs::remove_file(POLICY).ok();
        }
    }
}

/// The virtual environment with the pinned AWS and Redis clients of `conformance/requirements.txt`.
pub(crate) struct Venv(PathBuf);

impl Venv {
    pub(crate) fn python(&self) -> PathBuf {
        self.0.join("bin/python")
    }

    /// A Python of the environment, set up so that the SDKs look for nothing outside this machine.
    pub(crate) fn command(&self, script: &str) -> Command {
        let mut command = Command::new(self.python());
        command.arg(root().join(script)).current_dir(root());
        command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    pub(crate) fn pip_install(&self, arguments: &[&str]) -> Result<()> {
        must(
            Command::new(self.python())
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(arguments),
        )
    }
}

/// Makes or completes `.venv`. A stamp with the pins inside tells when there is nothing to do.
pub(crate) fn venv() -> Result<Venv> {
    let venv = Venv(root().join(".venv"));
    let pins = fs::read_to_string(root().join("conformance/requirements.txt"))?;
    let stamp = venv.0.join("elastane-requirements");
    if venv.python().exists() && fs::read_to_string(&stamp).is_ok_and(|have| have == pins) {
        return Ok(venv);
    }
    programs(&[PYTHON])?;
    if !venv.0.join("bin/pip").exists() {
        eprintln!("making .venv");
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&venv.0);
        if output(&mut make).is_err() {
            apt_install(&["python3-venv"])?;
            output(&mut make)?;
        }
    }
    eprintln!("installing the pins of conformance/requirements.txt into .venv");
    let requirements = root().join("conformance/requirements.txt");
    venv.pip_install(&["--requirement", &requirements.to_string_lossy()])?;
    fs::write(&stamp, pins)?;
    Ok(venv)
}
