#include "tools/cli/client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "tools/cli/text.h"

enum {
    READ_SIZE = 65536,
    LINE_MAX = (16 << 20) + 4096, /* octets: the longest result and its frame */
    REQUEST_MAX = 65536,          /* octets the server takes */
};

struct cli_client {
    int fd;
    char *input; /* what came and was not used yet */
    size_t len;
    size_t room;
};

int cli_client_open(const char *path, struct cli_client **out_client)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        const int err = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return err;
    }
    *out_client = cli_client_adopt(fd);
    return 0;
}

struct cli_client *cli_client_adopt(int fd)
{
    struct cli_client *client = mem_alloc(sizeof(*client));

    client->fd = fd;
    return client;
}

void cli_client_close(struct cli_client *client)
{
    if (client) {
        close(client->fd);
        mem_free(client->input);
        mem_free(client);
    }
}

static enum cli_client_status lost(const char *why)
{
    fprintf(stderr, "suanyu: no answer from the server: %s\n", why);
    return CLI_CLIENT_LOST;
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        const ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A server that refuses the connection says why and hangs up: its word is read even when the
 * question could not be sent. */
static enum cli_client_status send_request(struct cli_client *client, const char *command,
                                           const char *const *args, size_t arg_count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < arg_count; i++) {
        if (json_array_append_new(list, json_string(args[i])) < 0) {
            json_decref(list);
            fprintf(stderr, "suanyu: an argument is no UTF-8 text\n");
            return CLI_CLIENT_USAGE;
        }
    }
    json_t *root = json_pack("{s:s,s:o}", "cmd", command, "args", list);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    const size_t len = text ? strlen(text) : 0;
    enum cli_client_status status = CLI_CLIENT_OK;

    json_decref(root);
    if (len == 0 || len > REQUEST_MAX) {
        fprintf(stderr, "suanyu: the arguments are too long\n");
        status = CLI_CLIENT_USAGE;
    } else {
        text[len] = '\n'; /* for the terminator */
        send_all(client->fd, text, len + 1);
    }
    free(text);
    return status;
}

static bool read_more(struct cli_client *client)
{
    if (client->room - client->len < READ_SIZE) {
        client->room = 2 * client->room + READ_SIZE;
        client->input = mem_grow(client->input, client->room, 1);
    }
    const ssize_t n = recv(client->fd, client->input + client->len, READ_SIZE, 0);
    if (n < 0 && errno == EINTR) {
        return true;
    }
    client->len += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* The next line as JSON, or NULL with *out_why. */
static json_t *read_line(struct cli_client *client, const char **out_why)
{
    size_t seen = 0;
    const char *end = NULL;
    json_error_t error;

    while (!(end = client->len > seen ? memchr(client->input + seen, '\n', client->len - seen)
                                      : NULL)) {
        seen = client->len;
        if (seen > LINE_MAX) {
            *out_why = "the answer is too long";
            return NULL;
        }
        if (!read_more(client)) {
            *out_why = "the connection ended";
            return NULL;
        }
    }
    const size_t len = (size_t)(end - client->input);
    json_t *line = json_loadb(client->input, len, JSON_REJECT_DUPLICATES, &error);
    client->len -= len + 1;
    memmove(client->input, client->input + len + 1, client->len);
    *out_why = "it is not in the control protocol";
    return line;
}

static enum cli_client_status tell_error(const json_t *error)
{
    const char *text = json_string_value(json_object_get(error, "text"));
    char *copy = mem_text(text ? text : "no reason given");
    char *rest = copy;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        fputs("suanyu: ", stderr);
        cli_text_put(stderr, line);
        fputc('\n', stderr);
    }
    mem_free(copy);
    return CLI_CLIENT_REFUSED;
}

enum cli_client_status cli_client_ask(struct cli_client *client, const char *command,
                                      const char *const *args, size_t arg_count,
                                      cli_client_part *on_part, void *context, json_t **out_result)
{
    enum cli_client_status status = send_request(client, command, args, arg_count);
    const char *why;
    json_t *line = NULL;

    if (status) {
        return status;
    }
    while ((line = read_line(client, &why)) && json_is_string(json_object_get(line, "part"))) {
        const json_t *part = json_object_get(line, "part");
        if (on_part) {
            on_part(context, json_string_value(part), json_string_length(part));
        }
        json_decref(line);
    }
    json_t *result = json_object_get(line, "result");
    if (json_is_true(json_object_get(line, "ok")) && result) {
        *out_result = json_incref(result);
    } else if (json_is_false(json_object_get(line, "ok"))) {
        status = tell_error(json_object_get(line, "error"));
    } else {
        status = lost(why);
    }
    json_decref(line);
    return status;
}
