/* The console on the fake backend, but with a real loop and a real terminal: what the pty tests start. */
#include "console/console.h"
#include "fake.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
    struct console_options options = {.no_collector = true, .theme = getenv("FAKE_THEME")};

    setlocale(LC_ALL, "");
    for (int i = 1; i < argc; i++) {
        fake_hostile = fake_hostile || strcmp(argv[i], "hostile") == 0;
        fake_noise = fake_noise || strcmp(argv[i], "noise") == 0;
        fake_crash = fake_crash || strcmp(argv[i], "crash") == 0;
    }
    fake_notify(SEVERITY_CRITICAL, "Gi24 to lab", true);
    fake_notify(SEVERITY_WARNING, "12 min left", false);
    return console_run(&options);
}
