#include "proxy/admin/event_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "protos/pinnace/v1/admin.pb.h"
#include "proxy/admin/json.h"
#include "proxy/control/gateway_facts.h"

namespace pinnace::admin {

std::string EventText(const gateway::Event& event) {
  const v1::Event message = control::EventMessage(event);
  const std::string& kind = v1::Event::Kind_Name(message.kind());
  return absl::StrCat("id: ", message.number(), "\nevent: ",
                      absl::AsciiStrToLower(absl::StripPrefix(kind, "KIND_")),
                      "\ndata: ", Json(message), "\n\n");
}

}  // namespace pinnace::admin
