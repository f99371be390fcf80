//! Our packages as users get them: made in a copy of their folder that nothing was built in, installed where nothing else is, and the first example of
//! their README pasted there. What they need is fetched; where no registry can be reached, that is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::demo::Demo;
use super::libraries::library;
use super::tools;
use crate::install::need_npm;
use crate::run::{cargo, is_there, root, step};
use crate::skipped::Skipped;

/// Where `claviger demo` listens when nothing else is said, as examples have it.
const USUAL: &str = "http://127.0.0.1:5397";

/// What is made in the folder of a package and belongs to nobody else.
const MADE: [&str; 6] = ["node_modules", "dist", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache"];

/// `npm ci && npm run build && npm pack`, and `npm install` of that in an empty project.
pub(super) fn typescript(demo: &Demo, skipped: &mut Skipped) -> Result<()> {
    need_npm()?;
    let folder = folder()?;
    let (copy, project) = (clean_copy(&library("typescript"), folder.path())?, folder.path().join("project"));
    let npm = |folder: &Path, arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments).args(["--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
        command
    };
    if let Err(error) = step("npm ci", npm(&copy, &["ci", "--prefer-offline"])) {
        ensure!(!is_there(npm(&copy, &["view", "typescript", "version", "--prefer-online"])), error);
        skipped.add("typescript-package", "npm reaches no registry");
        return Ok(());
    }
    // Nothing was built yet: packing does.
    step("npm pack", npm(&copy, &["pack", "--silent"]))?;
    let mut list = Command::new("tar");
    list.arg("--list").arg("--file").arg(only(&copy, ".tgz")?);
    let files = said(list)?;
    for wanted in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist/compat.d.ts", "dist/index.d.ts", "dist/index.js"] {
        ensure!(files.lines().any(|file| file == format!("package/{wanted}")), "{wanted} is not in the package of a clean copy:\n{files}");
    }
    step("npm run build", npm(&copy, &["run", "build"]))?;
    step("npm pack", npm(&copy, &["pack", "--silent"]))?;
    let package = only(&copy, ".tgz")?.display().to_string();
    fs::create_dir(&project)?;
    fs::write(project.join("package.json"), r#"{"private":true}"#)?;
    step("npm install", npm(&project, &["install", &package]))?;
    fs::write(project.join("example.mjs"), first_example(&library("typescript"), "ts", demo)?)?;
    let mut example = demo.command("node");
    example.arg("example.mjs").current_dir(&project);
    prints_books(&run(example, demo)?, "saved: true as ")
}

/// A wheel and a source distribution, each installed with what it needs into an environment of its own, one of them with data frames.
pub(super) fn python(demo: &Demo, skipped: &mut Skipped) -> Result<()> {
    let folder = folder()?;
    let (copy, made) = (clean_copy(&library("python"), folder.path())?, folder.path().join("made"));
    let requirements = folder.path().join("requirements.txt");
    fs::write(&requirements, "build>=1.2\n")?;
    let tried = tools::python("python-build", &requirements, &["build>=1.2".into()]).and_then(|builder| {
        let mut build = Command::new(&builder);
        build.args(["-m", "build", "--outdir"]).arg(&made).arg(&copy).env("PYTHONDONTWRITEBYTECODE", "1");
        said(build).map(|_| builder)
    });
    let builder = match tried {
        Ok(builder) => builder,
        Err(error) => {
            let mut download = Command::new(environment(&folder.path().join("probe"))?);
            download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--dest"]).arg(folder.path()).arg("build");
            ensure!(!is_there(download), error);
            skipped.add("python-package", "pip reaches no registry");
            return Ok(());
        }
    };
    let list = |module: &str, file: &Path| {
        let mut list = Command::new(&builder);
        list.args(["-m", module, "--list"]).arg(file);
        said(list)
    };
    let (wheel, source) = (only(&made, ".whl")?, only(&made, ".tar.gz")?);
    let (in_wheel, in_source) = (list("zipfile", &wheel)?, list("tarfile", &source)?);
    for wanted in ["claviger/py.typed", "/licenses/LICENSE-APACHE", "/licenses/LICENSE-MIT"] {
        ensure!(in_wheel.contains(wanted), "{wanted} is not in the wheel:\n{in_wheel}");
    }
    ensure!(!in_wheel.contains("tests/"), "the wheel has tests:\n{in_wheel}");
    for wanted in ["/README.md", "/LICENSE-APACHE", "/LICENSE-MIT", "/src/claviger/py.typed"] {
        ensure!(in_source.contains(wanted), "{wanted} is not in the source distribution:\n{in_source}");
    }
    for (name, package) in [("wheel", wheel.display().to_string()), ("source", format!("{}[pandas]", source.display()))] {
        let interpreter = environment(&folder.path().join(name))?;
        let mut install = Command::new(&interpreter);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package]).current_dir(folder.path());
        step(&format!("pip install of the {name}"), install)?;
        let run_text = |text: String| {
            let file = folder.path().join("example.py");
            fs::write(&file, text)?;
            let mut example = demo.command(&interpreter);
            example.arg(file).current_dir(folder.path());
            run(example, demo)
        };
        prints_books(&run_text(first_example(&library("python"), "python", demo)?)?, "saved: True as ")?;
        if name == "source" {
            let printed = run_text(data_frame(demo)?)?;
            ensure!(printed.contains("author.fullName") && printed.lines().count() > 5, "no data frame:\n{printed}");
        }
    }
    Ok(())
}

/// A program outside of the workspace, with the versions of its lock file, so that nothing is fetched: the first example of the README, and those of the guide.
pub(super) fn rust(demo: &Demo) -> Result<()> {
    let package = root().join("crates/client");
    let listed = said(cargo(&["package", "--list", "--allow-dirty", "--offline", "--package", "claviger-client"]))?;
    for wanted in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"] {
        ensure!(listed.lines().any(|file| file == wanted), "{wanted} is not in the package:\n{listed}");
    }
    ensure!(!listed.contains("tests/"), "the package has tests that need the repository:\n{listed}");
    let folder = folder()?;
    let dependencies = first_block(&package.join("README.md"), "toml")?;
    let there = format!("path = {:?}", package.display().to_string());
    let here = dependencies.replace(r#"git = "https://github.com/claviger/claviger""#, &there);
    ensure!(here.contains(&there), "the README does not say where the crate comes from");
    let head = "[package]\nname = \"outside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[profile.dev]\ndebug = false\n\n[lints.rust]\nwarnings = \"deny\"\n\n";
    fs::write(folder.path().join("Cargo.toml"), format!("{head}{here}"))?;
    fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock"))?;
    fs::create_dir_all(folder.path().join("src/bin"))?;
    fs::write(folder.path().join("src/main.rs"), first_example(&package, "rust,no_run", demo)?)?;
    let guide = blocks(&root().join("docs/guide/reading-from-outside.md"), "rust")?;
    ensure!(guide.len() == 2, "the guide has {} examples in Rust", guide.len());
    for (name, example) in ["reading", "typed"].iter().zip(&guide) {
        fs::create_dir(folder.path().join("src/bin").join(name))?;
        fs::write(folder.path().join("src/bin").join(name).join("main.rs"), at(demo, example)?)?;
    }
    let key = demo.scratch("editor.key");
    fs::write(&key, &demo.editor)?;
    let types = ["client", "types", "--lang", "rust", "--endpoint", &demo.endpoint, "--key-file", &key.display().to_string()];
    fs::write(folder.path().join("src/bin/typed/library.rs"), demo.claviger(&types)?)?;
    let target = root().join("target/e2e/rust-package");
    let outside = |arguments: &[&str]| {
        let mut command = cargo(arguments);
        command.arg("--offline").current_dir(folder.path()).env("CARGO_TARGET_DIR", &target);
        command
    };
    step("cargo build", outside(&["build", "--quiet"]))?;
    let run_built = |name: &str| run(demo.command(target.join("debug").join(name)), demo);
    let done = run_built("outside").and_then(|printed| prints_books(&printed, "saved: true as ")).and_then(|()| {
        let printed = run_built("typed")?;
        ensure!(
            printed.lines().count() == 2 && printed.ends_with("\n3 of them are cheap\n"),
            "the typed example prints other things:\n{printed}"
        );
        let printed = run_built("reading")?;
        ensure!(printed.lines().count() >= 5 && printed.lines().all(|line| line.contains(" A")), "no books by authors with A:\n{printed}");
        Ok(())
    });
    // What it depends on stays, for the next time; the folder will be another one then.
    step("cargo clean", outside(&["clean", "--quiet", "--package", "outside"]))?;
    done
}

fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("claviger-package-").tempdir()?)
}

/// A package's folder, as it is in the repository.
fn clean_copy(package: &Path, folder: &Path) -> Result<PathBuf> {
    let to = folder.join("copy");
    copy_folder(package, &to)?;
    Ok(to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(&name))?;
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

/// The only file of a folder with this end of its name.
fn only(folder: &Path, end: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| folder.display().to_string())?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files = files.filter(|file| file.to_string_lossy().ends_with(end));
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        _ => bail!("{} does not hold one file {end}", folder.display()),
    }
}

/// The interpreter of a new environment.
fn environment(folder: &Path) -> Result<PathBuf> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(folder);
    step("Python environment", make)?;
    Ok(folder.join("bin/python"))
}

/// The blocks in this language of a page.
fn blocks(page: &Path, language: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let begin = format!("```{language}\n");
    Ok(text.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect())
}

fn first_block(page: &Path, language: &str) -> Result<String> {
    blocks(page, language)?.into_iter().next().with_context(|| format!("{} has no {language}", page.display()))
}

/// The first example of a package's README, at the demo.
fn first_example(package: &Path, language: &str, demo: &Demo) -> Result<String> {
    at(demo, &first_block(&package.join("README.md"), language)?)
}

fn at(demo: &Demo, example: &str) -> Result<String> {
    ensure!(example.contains(USUAL), "the example does not ask {USUAL}");
    Ok(example.replace(USUAL, &demo.endpoint))
}

/// The README's line about data frames, in a program.
fn data_frame(demo: &Demo) -> Result<String> {
    let text = fs::read_to_string(library("python").join("README.md"))?;
    let line = text.split('`').find(|code| code.contains(".to_dataframe(")).context("the README makes no data frame")?;
    let open = format!("open_datastore({{\"hostname\": {:?}, \"api-key\": os.environ[\"CLAVIGER_API_KEY\"]}})", demo.endpoint);
    Ok(format!("import os\nfrom claviger import open_datastore\nwith {open} as ds:\n    print({line})\n"))
}

/// What an example prints. It has no reason to complain.
fn run(mut example: Command, demo: &Demo) -> Result<String> {
    let (out, err) = outputs(example.env("CLAVIGER_API_KEY", &demo.editor))?;
    ensure!(err.is_empty(), "the example complains:\n{err}");
    Ok(out)
}

/// What a program prints that does well.
fn said(mut command: Command) -> Result<String> {
    Ok(outputs(&mut command)?.0)
}

fn outputs(command: &mut Command) -> Result<(String, String)> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    ensure!(output.status.success(), "{} failed ({})\n{out}\n{err}", command.get_program().display(), output.status);
    Ok((out, err))
}

/// The examples print books with prices, and what they saved.
fn prints_books(printed: &str, saved: &str) -> Result<()> {
    let lines: Vec<&str> = printed.lines().collect();
    let (last, books) = lines.split_last().context("the example prints nothing")?;
    let has_price = |line: &&str| line.rsplit_once(' ').is_some_and(|(title, price)| !title.is_empty() && price.parse::<f64>().is_ok());
    ensure!(!books.is_empty() && books.iter().all(has_price) && last.starts_with(saved), "the example prints other things:\n{printed}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_the_licences_of_the_repository() {
        for package in ["crates/client", "crates/client-derive", "clients/typescript", "clients/python"] {
            for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
                let text = |folder: PathBuf| fs::read_to_string(folder.join(licence)).unwrap();
                assert_eq!(text(root().join(package)), text(root()), "{package}/{licence}");
            }
        }
    }

    #[test]
    fn examples_print_books_and_what_they_saved() {
        assert!(prints_books("Atlas of Birds 12.5\nsaved: true as 7\n", "saved: true").is_ok());
        for wrong in ["", "saved: true as 7", "Atlas null\nsaved: true as 7", "Atlas 12.5\nsaved: false as 7"] {
            assert!(prints_books(wrong, "saved: true").is_err(), "{wrong}");
        }
    }
}
