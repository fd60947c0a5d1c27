"""The npm packages of one package-lock.json, as a repository."""

_BUILD = """package(default_visibility = ["//visibility:public"])

# The bundler is a program of its own; the npm package of the machine's kind
# holds it.
filegroup(
    name = "esbuild",
    srcs = glob(["node_modules/@esbuild/*/bin/esbuild"]),
)

filegroup(
    name = "node",
    srcs = ["node.sh"],
)

filegroup(
    name = "node_modules",
    srcs = glob(
        ["node_modules/**"],
        exclude = ["node_modules/.bin/**"],
    ),
)
"""

def _run(context, command):
    done = context.execute(command, timeout = 600)
    if done.return_code != 0:
        fail("%s: exit %d\n%s%s" % (
            " ".join([str(word) for word in command]),
            done.return_code,
            done.stdout,
            done.stderr,
        ))

def _npm_packages_impl(context):
    node = context.which("node")
    npm = context.which("npm")
    if node == None or npm == None:
        fail("node and npm are needed: deploy/install-build-deps.sh installs them")

    # Copies: npm writes beside what it reads.
    context.file("package.json", context.read(context.attr.package_json), executable = False)
    context.file("package-lock.json", context.read(context.attr.package_lock), executable = False)

    # A package's own scripts never run.
    _run(context, [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    context.file("node.sh", "#!/bin/sh\nexec '%s' \"$@\"\n" % node)
    context.file("BUILD.bazel", _BUILD, executable = False)

npm_packages = repository_rule(
    implementation = _npm_packages_impl,
    attrs = {
        "package_json": attr.label(allow_single_file = True, mandatory = True),
        "package_lock": attr.label(allow_single_file = True, mandatory = True),
    },
    environ = ["PATH"],
    doc = "Runs `npm ci`: what package-lock.json says, with its hashes, from the npm registry.",
)
