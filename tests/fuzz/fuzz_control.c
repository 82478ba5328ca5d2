/* Door: a request line of the control socket. What is taken must hold its promises: a clean
 * command and clean arguments, and the same again from its own JSON. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "server/ctl_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *text)
{
    for (; *text; text++) {
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
    }
}

static void check_again(const struct ctl_request *request)
{
    char *line = json_dumps(request->document, JSON_COMPACT);
    struct ctl_request again;

    CHECK(line != NULL);
    if (strlen(line) <= CTL_REQUEST_MAX) { /* escapes may have made it longer */
        CHECK(ctl_request_parse(&again, line, strlen(line), NULL) == 0);
        CHECK(strcmp(again.command, request->command) == 0);
        CHECK(again.arg_count == request->arg_count);
        ctl_request_finish(&again);
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctl_request request;
    struct err_at at = {0};

    if (ctl_request_parse(&request, (const char *)data, size, &at)) {
        CHECK(at.text[0] != '\0');
        return 0;
    }
    CHECK(size <= CTL_REQUEST_MAX && request.arg_count <= CTL_REQUEST_ARGS);
    check_clean(request.command);
    for (size_t i = 0; i < request.arg_count; i++) {
        check_clean(request.args[i]);
    }
    check_again(&request);
    ctl_request_finish(&request);
    return 0;
}
