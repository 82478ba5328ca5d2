#include "server/ctl_request.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* The library would follow 2048 levels: count them before it sees any (threats row 33). */
static bool is_too_deep(const char *line, size_t len)
{
    unsigned depth = 0;
    bool in_text = false;

    for (size_t i = 0; i < len; i++) {
        const char c = line[i];
        if (in_text) {
            i += c == '\\';
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > DEPTH_MAX) {
                return true;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* Names, paths and addresses hold no control characters; what does would spoil a log or a terminal. */
static const char *clean_text(const json_t *value)
{
    const char *text = json_string_value(value);
    for (const char *p = text; p && *p; p++) {
        const unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f) {
            return NULL;
        }
    }
    return text;
}

static int take_args(struct ctl_request *request, const json_t *args, struct err_at *at)
{
    size_t i;
    json_t *value;

    if (!json_is_array(args)) {
        return err_at_set(at, ERR_VALUE, 1, 0, "args is not a list of strings");
    }
    if (json_array_size(args) > CTL_REQUEST_ARGS) {
        return err_at_set(at, ERR_LIMIT, 1, 0, "more than %d args", CTL_REQUEST_ARGS);
    }
    json_array_foreach(args, i, value)
    {
        request->args[i] = clean_text(value);
        if (!request->args[i]) {
            return err_at_set(at, ERR_VALUE, 1, 0,
                              "args[%zu] is not a string without control characters", i);
        }
        request->arg_count = i + 1;
    }
    return 0;
}

static int take_fields(struct ctl_request *request, json_t *root, struct err_at *at)
{
    const char *key;
    json_t *value;
    int err = 0;

    if (!json_is_object(root)) {
        return err_at_set(at, ERR_VALUE, 1, 0, "a request is an object with cmd and args");
    }
    json_object_foreach(root, key, value)
    {
        if (strcmp(key, "cmd") == 0) {
            request->command = clean_text(value);
        } else if (strcmp(key, "args") == 0) {
            err = take_args(request, value, at);
        } else {
            err = err_at_set(at, ERR_VALUE, 1, 0, "a request has no key but cmd and args");
        }
        if (err) {
            return err;
        }
    }
    if (!request->command) {
        return err_at_set(at, ERR_VALUE, 1, 0, "cmd is missing or not a clean string");
    }
    return 0;
}

int ctl_request_parse(struct ctl_request *request, const char *line, size_t len, struct err_at *at)
{
    json_error_t error;

    memset(request, 0, sizeof(*request));
    if (len > CTL_REQUEST_MAX) {
        return err_at_set(at, ERR_LIMIT, 1, 0, "longer than %d octets", CTL_REQUEST_MAX);
    }
    if (is_too_deep(line, len)) {
        return err_at_set(at, ERR_LIMIT, 1, 0, "nested deeper than %d", DEPTH_MAX);
    }
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        const bool is_memory = json_error_code(&error) == json_error_out_of_memory;
        const unsigned column = error.column > 0 ? (unsigned)error.column : 0;
        return err_at_set(at, is_memory ? ERR_MEMORY : ERR_SYNTAX, 1, column, "%s", error.text);
    }
    const int err = take_fields(request, root, at);
    if (err) {
        json_decref(root);
        memset(request, 0, sizeof(*request));
        return err;
    }
    request->document = root;
    return 0;
}

void ctl_request_finish(struct ctl_request *request)
{
    json_decref(request->document);
    memset(request, 0, sizeof(*request));
}
