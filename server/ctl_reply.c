#include "server/ctl_reply.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

struct ctl_reply *ctl_reply_create(struct loop_post *post, void (*run)(struct loop_post_item *item),
                                   void *owner, uint64_t connection)
{
    struct ctl_reply *reply = calloc(1, sizeof(*reply));
    if (reply) {
        reply->item.run = run;
        reply->post = post;
        reply->owner = owner;
        reply->connection = connection;
        reply->fd = -1;
    }
    return reply;
}

void ctl_reply_destroy(struct ctl_reply *reply)
{
    if (!reply) {
        return;
    }
    if (reply->fd >= 0) {
        close(reply->fd);
    }
    free(reply->line);
    free(reply);
}

static void deliver(struct ctl_reply *reply)
{
    /* The queue is closed only after the last reply came back. */
    CHECK(loop_post_send(reply->post, &reply->item));
}

static void set_line(struct ctl_reply *reply, char *line, size_t len)
{
    free(reply->line);
    reply->line = line;
    reply->line_len = line ? len : 0;
}

/* Text as JSON takes it: when it is no UTF-8, octets above ASCII become \xHH. */
static json_t *make_text(const char *text)
{
    char escaped[4 * CTL_REPLY_TEXT_MAX + 1];
    size_t len = 0;
    json_t *value = json_string(text);
    if (value) {
        return value;
    }
    for (const char *p = text; *p; p++) {
        const unsigned c = (unsigned char)*p;
        const int n =
            snprintf(escaped + len, sizeof(escaped) - len, c < 0x80 ? "%c" : "\\x%02x", c);
        len += (size_t)n;
    }
    return json_string(escaped);
}

static void set_error(struct ctl_reply *reply, int err, const char *text)
{
    json_t *root =
        json_pack("{s:b,s:{s:i,s:o}}", "ok", 0, "error", "code", err, "text", make_text(text));
    char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;
    const size_t len = json ? strlen(json) : 0;
    char *line = json ? realloc(json, len + 2) : NULL;
    json_decref(root);
    reply->is_error = true;
    if (!line) {
        free(json);
        set_line(reply, NULL, 0);
        return;
    }
    memcpy(line + len, "\n", 2);
    set_line(reply, line, len + 1);
}

static void set_result(struct ctl_reply *reply, char *json)
{
    static const char head[] = "{\"ok\":true,\"result\":";
    static const char tail[] = "}\n";
    const size_t len = json ? strlen(json) : 0;
    if (len > CTL_REPLY_MAX) {
        set_error(reply, ERR_LIMIT, "the result is too long");
        return;
    }
    const size_t room = sizeof(head) - 1 + len + sizeof(tail);
    char *line = json ? malloc(room) : NULL;
    if (!line) {
        set_error(reply, ERR_MEMORY, err_text(ERR_MEMORY));
        return;
    }
    set_line(reply, line, (size_t)snprintf(line, room, "%s%s%s", head, json, tail));
}

void ctl_reply_ok(struct ctl_reply *reply, char *json)
{
    set_result(reply, json);
    free(json);
    deliver(reply);
}

void ctl_reply_error(struct ctl_reply *reply, int err, const char *format, ...)
{
    char text[CTL_REPLY_TEXT_MAX + 1];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    set_error(reply, err, text);
    deliver(reply);
}

void ctl_reply_file(struct ctl_reply *reply, int fd, char *json)
{
    reply->fd = fd;
    set_result(reply, json);
    free(json);
    deliver(reply);
}

/* Octets at the end that begin a character whose rest is in the next part: 0 to 3. */
static size_t cut_character(const char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        const unsigned char c = (unsigned char)text[len - back];
        const size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        if (size > 1) {
            return size > back ? back : 0;
        }
        if (c < 0x80) {
            return 0;
        }
    }
    return 0;
}

static char *make_part(const char *text, size_t len, size_t *out_len)
{
    json_t *root = json_pack("{s:s%}", "part", text, len);
    char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (json) {
        *out_len = strlen(json) + 1;
        json[*out_len - 1] = '\n'; /* for the terminator */
    }
    return json;
}

int ctl_reply_next(struct ctl_reply *reply, char **out_line, size_t *out_len)
{
    char text[CTL_REPLY_PART];
    if (reply->fd < 0) {
        return 0;
    }
    const ssize_t n = pread(reply->fd, text, sizeof(text), reply->offset);
    if (n > 0) {
        size_t len = (size_t)n;
        len -= len == sizeof(text) ? cut_character(text, len) : 0;
        *out_line = make_part(text, len, out_len);
        reply->offset += (off_t)len;
        if (*out_line) {
            return 1;
        }
        set_error(reply, ERR_VALUE, "the text is not UTF-8");
    } else if (n < 0) {
        set_error(reply, -errno, "the text can not be read");
    }
    close(reply->fd);
    reply->fd = -1;
    return 0;
}
