/* kamiwaza.h: the core of libkamiwaza in one header. Service headers (<kamiwaza/models.h> and so on) include it. */
#ifndef KAMIWAZA_H
#define KAMIWAZA_H

#include <kamiwaza/async.h>
#include <kamiwaza/sign-in.h>
#include <kamiwaza/base.h>
#include <kamiwaza/call.h>
#include <kamiwaza/client.h>
#include <kamiwaza/config.h>
#include <kamiwaza/error.h>
#include <kamiwaza/json.h>
#include <kamiwaza/log.h>
#include <kamiwaza/progress.h>

#endif
