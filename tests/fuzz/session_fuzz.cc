// Any bytes as a script of what happens to one session: the core keeps its
// promises after every event, and the session ends by itself when no more
// comes.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/session_script.h"
#include "tests/fuzz/session_trial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using pinnace::fuzz::ScriptReader;
  using pinnace::fuzz::SessionTrial;
  ScriptReader script(data, size);
  SessionTrial trial(script.ReadSettings());
  trial.Start();
  while (!script.at_end() && !trial.has_ended()) {
    trial.Do(script.NextOperation(), script);
  }
  trial.Finish();
  return 0;
}
