/* tools.c: a model that calls functions of the program. The library runs them until the model has its answer. Which server answers
 * comes from KAMIWAZA_*; the argument is the model. */
#include <kamiwaza/openai.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called with the arguments as JSON; what it returns is told to the model. */
static char *weather(void *user, kz_json arguments, kz_error **error)
{
    (void)user;
    kz_json place = kz_json_member(arguments, "place");
    if (!place.text) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "place", "Name the place.");
        return NULL;
    }
    printf("(the model asks for the weather in %.*s)\n", (int)place.length, place.text);
    return strdup("Sunny, 21 degrees.");
}

int main(int argc, char **argv)
{
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    const kz_chat_tool_function functions[] = { {
        .name = "weather",
        .description = "Tells the weather of a place.",
        .parameters = KZ_JSON("{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\"}},\"required\":[\"place\"]}"),
        .run = weather,
    } };
    kz_chat_completion *reply = kz_openai_chat_run_tools(openai,
        &(kz_chat_completion_params){
            .model = argc > 1 ? argv[1] : "tiny",
            .messages = (kz_chat_message[]){ { .role = "user", .content = "Use the function weather: how is it in Oslo?" } },
            .n_messages = 1,
        },
        &(kz_chat_tool_loop){ .functions = functions, .n_functions = 1 }, &error);
    if (reply && reply->n_choices && reply->choices[0]->message->content)
        puts(reply->choices[0]->message->content);
    if (error)
        fprintf(stderr, "tools: %s\n", error->message);
    int status = error != NULL;
    kz_free(reply);
    kz_error_free(error);
    kz_client_free(client);
    return status;
}
