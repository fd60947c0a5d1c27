// Lets a member function that calls out to an owner learn whether the owner
// destroyed the object meanwhile. One thread.
#ifndef PINNACE_PROXY_IO_LIFELINE_H_
#define PINNACE_PROXY_IO_LIFELINE_H_

namespace pinnace::io {

// A member of the object in question; costs one pointer.
class Lifeline {
 public:
  // Lives on the stack of the function that calls out. Guards nest.
  class Guard {
   public:
    explicit Guard(Lifeline& lifeline);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    bool alive() const { return lifeline_ != nullptr; }

   private:
    friend class Lifeline;
    Lifeline* lifeline_;
    Guard* outer_;
  };

  Lifeline() = default;
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;
  ~Lifeline();

 private:
  Guard* innermost_ = nullptr;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_LIFELINE_H_
