/* suanyu: look at and control a running suanyud, by its control socket. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/client.h"
#include "tools/cli/verb.h"

static const char socket_default[] = "/run/suanyu/suanyud.sock";

static int refuse_usage(const char *text, const char *what)
{
    fprintf(stderr, "suanyu: %s%s\nTry: suanyu --help\n", text, what);
    return CLI_CLIENT_USAGE;
}

static const char *socket_path(const char *chosen)
{
    const char *path = chosen ? chosen : getenv("SUANYU_SOCKET");
    return path && path[0] ? path : socket_default;
}

static int run(const struct cli_verb *verb, const char *path, struct cli_call *call)
{
    const int err = verb->is_here ? 0 : cli_client_open(path, &call->client);
    if (err) {
        fprintf(stderr, "suanyu: no server at %s: %s\n", path, strerror(-err));
        return CLI_CLIENT_LOST;
    }
    enum cli_client_status status = verb->run(call);
    cli_client_close(call->client);
    if (fflush(call->out) || ferror(call->out)) {
        fprintf(stderr, "suanyu: the output can not be written: %s\n", strerror(errno));
        status = status ? status : CLI_CLIENT_REFUSED;
    }
    return (int)status;
}

static int help(const struct cli_verb *verb)
{
    if (verb) {
        cli_verb_print_help(stdout, verb);
    } else {
        cli_verb_print_usage(stdout);
    }
    return 0;
}

static int run_words(const char *const *words, size_t count, const char *path, struct cli_call call,
                     bool wants_help)
{
    size_t own;
    const struct cli_verb *verb = cli_verb_find(words, count, &own);

    if (wants_help && (verb || count == 0)) {
        return help(verb);
    }
    if (count == 0) {
        cli_verb_print_usage(stderr);
        return CLI_CLIENT_USAGE;
    }
    if (!verb) {
        return refuse_usage("no such verb: ", words[0]);
    }
    call.args = words + own;
    call.arg_count = count - own;
    if (call.arg_count < verb->args_min || call.arg_count > verb->args_max) {
        cli_verb_print_help(stderr, verb);
        return CLI_CLIENT_USAGE;
    }
    return run(verb, socket_path(path), &call);
}

int main(int argc, char **argv)
{
    enum { JSON = 256, CATALOG, COMMANDS, FROM, VERSION, ZONE };
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, JSON},
        {"commands", no_argument, NULL, COMMANDS},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, VERSION},
        {"catalog", required_argument, NULL, CATALOG},
        {"from", required_argument, NULL, FROM},
        {"zone", required_argument, NULL, ZONE},
        {NULL, 0, NULL, 0},
    };
    const char *path = NULL;
    struct cli_call call = {.out = stdout};
    bool wants_help = false;

    setlocale(LC_CTYPE, ""); /* widths of characters; numbers stay in the C locale */
    for (int option; (option = getopt_long(argc, argv, "s:h", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            path = optarg;
            break;
        case JSON:
            call.json = true;
            break;
        case CATALOG:
            call.catalog = optarg;
            break;
        case FROM:
            call.from = optarg;
            break;
        case ZONE:
            call.zone = optarg;
            break;
        case COMMANDS:
            cli_verb_print_commands(stdout);
            return 0;
        case 'h':
            wants_help = true;
            break;
        case VERSION:
            printf("suanyu %s\n", SUANYU_VERSION);
            return 0;
        default:
            return refuse_usage("wrong option", "");
        }
    }
    return run_words((const char *const *)argv + optind, (size_t)(argc - optind), path, call,
                     wants_help);
}
