/* Door: suanyud.yaml. Whatever the octets are, the load gives a whole configuration or an error with
 * a terminated text; the seeds are files that reach every kind of value and every refusal. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "server/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server_conf *conf = NULL;
    struct err_at at;
    int err = server_conf_parse("/fuzz/suanyud.yaml", (const char *)data, size, &conf, &at);
    CHECK((err == 0) == (conf != NULL));
    if (err) {
        CHECK(at.text[0] && memchr(at.text, 0, sizeof at.text));
        return 0;
    }
    const struct err_at *warning;
    for (size_t i = 0; (warning = server_conf_warning(conf, i)); i++) {
        CHECK(warning->text[0] && warning->file);
    }
    CHECK(conf->store.path && conf->control.socket && conf->server.listen.count > 0);
    for (size_t i = 0; i < conf->zones.count; i++) {
        CHECK(conf->zones.items[i].name);
    }
    server_conf_free(conf);
    return 0;
}
