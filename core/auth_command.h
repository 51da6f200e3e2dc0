/* auth_command.h: the built-in auth provider "command": credentials from a program that prints them (the setting credential_command). */
#ifndef KZI_AUTH_COMMAND_H
#define KZI_AUTH_COMMAND_H

#include <kamiwaza/auth-plugin.h>

extern const kz_provider_vtable kzi_auth_command;

#endif
