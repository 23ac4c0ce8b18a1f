#!/usr/bin/python3
"""Whose word an agent is asked with: net-snmp's snmp.conf taken over as a profile, a profile by its name for any address,
passwords asked for on the terminal. Prints TAP."""
import os
import pty
import select
import stat
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, NAME, USER, Agents, end, environment, ok, trapline  # noqa: E402

THEIRS = """# of net-snmp
mibs +ALL
defVersion 3
[snmp] defSecurityName u
defSecurityLevel authPriv
defAuthType SHA-256
defPrivType AES-128
defAuthPassphrase "auth-password"
DEFPRIVPASSPHRASE priv-password
[snmptrapd] defSecurityName other
defContext ""
[snmptrapd]
defSecurityName another
[snmp]
retries 7
"""
GIVEN = ["-v3", "-u", "u", "-l", "authPriv", "-a", "SHA-256", "-x", "AES-128"]


def put(path, text, mode=0o600):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def imports(home, at):
    os.makedirs(home + "/.snmp")
    put(home + "/.snmp/snmp.conf", THEIRS)
    run = trapline(home, "import")
    said = run.stdout + run.stderr
    ok(run.returncode == 0 and "retries is not taken over" in run.stderr and "password" not in said, "snmp.conf is imported", said)
    config = home + "/trapline"
    modes = {name: stat.S_IMODE(os.stat(f"{config}/{name}").st_mode) for name in
             ("secrets/snmp.conf.auth", "secrets/snmp.conf.priv", "conf.d/snmp.conf.conf")}
    ok(set(modes.values()) == {0o600}, "only its owner reads what was written", str(modes))
    with open(config + "/conf.d/snmp.conf.conf") as f:
        written = f.read()
    ok("auth-password\"" not in written and "priv-password\"" not in written, "the secrets lie in files of their own", written)
    run = trapline(home, "get", "--profile", "snmp.conf", at, NAME)
    ok(run.returncode == 0 and "name" in run.stdout and run.stderr == "", "and an agent is asked with it", run.stdout, run.stderr)
    run = trapline(home, "import")
    ok(run.returncode == 2 and "is there already" in run.stderr, "a second import changes nothing", run.stderr)
    put(config + "/trapline.conf", f'device "dev" {{ address = "{at}" profile = "snmp.conf" }}\n')
    for options, what in ((["-t", "5", "-r", "1"], "how long to wait"), (["-n", ""], "a context")):
        run = trapline(home, "get", *options, "dev", NAME)
        ok(run.returncode == 0 and "name" in run.stdout, f"{what} takes nothing from a device's profile", run.stderr)
    put(home + "/v2.conf", 'defVersion 2c\ndefCommunity "pub\\"lic"\n', 0o644)
    run = trapline(home, "import", "--name", "v2", home + "/v2.conf")
    ok(run.returncode == 0 and "mode 0644 and holds a secret" in run.stderr, "a file that others read is warned about", run.stderr)
    with open(config + "/secrets/v2.community") as f:
        ok(f.read() == 'pub"lic\n', "quotes are understood")
    put(home + "/one.conf", "defSecurityName 'it\\'s ${HOME}'\ndefSecurityLevel authPriv\ndefPassphrase one-for-both\n")
    run = trapline(home, "import", "--config", home + "/not/there", "--name", "one", home + "/one.conf")
    ok(run.returncode == 0 and all(os.path.exists(f"{home}/not/there/secrets/one.{secret}") for secret in ("auth", "priv")),
       "a directory is made with those above it; one password is both, where the level wants them", run.stderr)
    for text, words in (("mibs +ALL\n", "neither defSecurityName nor defCommunity"), ("defVersion 7\ndefCommunity x\n", "version"),
                        ("defCommunity a\x1bb\n", "control character"), ("defCommunity " + "x" * 5000 + "\n", "longer than")):
        put(home + "/bad.conf", text)
        run = trapline(home, "import", "--name", "bad", home + "/bad.conf")
        ok(run.returncode == 2 and words in run.stderr and not os.path.exists(config + "/secrets/bad.community"), f"refused: {words}", run.stderr)
    run = trapline(home, "import", "--name", "../x", home + "/v2.conf")
    ok(run.returncode == 2, "a name is no path", run.stderr)
    for secret in ("auth", "priv"):
        put(f"{home}/{secret}", f"{secret}-password\n")
    run = trapline(home, "get", "-u", "u", "--auth-password-file", home + "/auth", "--priv-password-file", home + "/priv", at, NAME)
    ok(run.returncode == 0, "passwords without a protocol are used with the usual ones, as in a profile", run.stderr)
    run = trapline(home, "get", "--profile", "none", at, NAME)
    ok(run.returncode == 2 and '"none"' in run.stderr, "a profile that is not there is named", run.stderr)


def on_terminal(home, answers, *words):
    """What trapline writes to its terminal and how it ends, when it is answered there."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(f"{BUILD}/trapline", ["trapline", *words], environment(home))
    seen, answers = "", list(answers)
    while select.select([fd], [], [], 20)[0]:
        try:
            octets = os.read(fd, 4096)
        except OSError:
            break
        if not octets:
            break
        seen += octets.decode()
        if answers and seen.endswith(": "):
            os.write(fd, answers.pop(0).encode())
    return seen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def prompts(home, at):
    seen, status = on_terminal(home, ["auth-password\n", "priv-password\n"], "get", *GIVEN, at, NAME)
    ok(status == 0 and "name" in seen and seen.index("authentication password of u") < seen.index("privacy password of u"),
       "passwords are asked for on the terminal", seen)
    ok("auth-password" not in seen and "priv-password" not in seen, "and not shown", seen)
    seen, status = on_terminal(home, ["auth-password\n", "\x03"], "get", *GIVEN, at, NAME)
    ok(status not in (0, 1) and "name =" not in seen, "^C ends it", seen, str(status))
    run = subprocess.run([f"{BUILD}/trapline", "get", *GIVEN, at, NAME], capture_output=True, text=True, env=environment(home), timeout=60,
                         start_new_session=True)
    ok(run.returncode == 2 and "--auth-password-file" in run.stderr, "without a terminal it is said what to give", run.stderr)


def main():
    with tempfile.TemporaryDirectory() as home:
        put(home + "/a.snmprec", f"{NAME}|4|name\n")
        sim = Agents(f"{BUILD}/tests/sim/sim", USER, f"device d {home}/a.snmprec")
        for part in (imports, prompts):
            part(home, sim.ready["d"])
        sim.close()
    end()


if __name__ == "__main__":
    main()
