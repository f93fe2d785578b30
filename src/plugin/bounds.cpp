// SPDX-License-Identifier: MIT

// Pointer arithmetic that nothing bounds.
//
// p[n], p + n and p += n, with a plain pointer p, need a bound on n on every path that leads there: a
// comparison, a mask, a constant; and so does p itself when it walks.  Forward over the paths of a
// function: the state is what is known here, and what a peer or device has said and nobody has compared.
// What is compared with such a number is not bounded by it.
//
// A fact is a name with a mark in front (nameOf):
//
//   name     bounded: may be an index
//   ~name    at most one more than that: the end of an array
//   +name    not zero: name - 1 is the last element of that many
//   !name    what stands there was looked at and does not end a text, so the next one is there, too
//   ^address the value of n++ before the step, which was bounded

#include "plugin.h"

using namespace clang;

namespace comb
{
namespace
{

struct State {
    std::set<std::string> facts;   // on every path
    std::set<std::string> foreign; // on any path
    bool isReached = false;
};

bool isAny(Source source)
{
    return source != Source::None;
}

class Bounds
{
  public:
    Bounds(Plugin &plugin, CFG &cfg) : plugin(plugin), ast(plugin.ast), cfg(cfg)
    {
    }

    void run();

  private:
    void transfer(State &state, const CFGBlock &block, bool isReporting);
    void statement(State &state, const Stmt *statement, bool isReporting);
    void operation(State &state, const BinaryOperator *binary, bool isReporting);
    void assigned(State &state, const Expr *target, const Expr *value);
    void set(State &state, const std::string &name, const Expr *value);
    void stepped(State &state, const Expr *target, bool isUp);
    void steppedByOne(State &state, const UnaryOperator *step);
    std::set<std::string> factsOfNext(const State &state, const std::string &name) const;
    void forget(State &state, const std::string &name);
    void call(State &state, const CallExpr *call);

    // What holds when `condition` is `truth`.
    void learn(State &state, const Expr *condition, bool truth, bool isLoop) const;
    void learnEither(State &state, const BinaryOperator *either, bool truth, bool isLoop) const;
    void learnCall(State &state, const CallExpr *call, bool truth) const;
    void learnCompared(State &state, const BinaryOperator *comparison, bool truth, bool isLoop) const;
    void learnBelow(State &state, const Expr *value, const Expr *limit) const;
    void learnAll(State &state, const Expr *value) const;
    void learnPositive(State &state, const Expr *value, bool isPositive) const;
    bool isZero(const Expr *expression) const;
    State onEdge(const State &state, const CFGBlock &block, unsigned edge, const CFGBlock &next) const;

    bool isBounded(const State &state, const Expr *expression) const;
    bool isBoundedBinary(const State &state, const BinaryOperator *binary) const;
    bool isPositive(const State &state, const Expr *expression) const;
    bool isEnd(const State &state, const Expr *expression) const;
    bool isBoundedChoice(const State &state, const ConditionalOperator *choice) const;
    bool isNumberOfOther(const State &state, const Expr *expression) const;

    void arithmetic(const State &state, const Expr *at, const Expr *pointer, const Expr *index);
    void walk(const State &state, const Expr *at, const Expr *pointer, const Expr *step, uint64_t steps);
    bool isTextAhead(const State &state, const Expr *pointer, uint64_t steps) const;

    Plugin &plugin;
    const ASTContext &ast;
    CFG &cfg;
    std::set<const Expr *> reported;
};

bool has(const State &state, const std::string &fact)
{
    return state.facts.count(fact) != 0;
}

void bound(State &state, const std::string &name)
{
    state.facts.insert({ name, "~" + name });
    state.foreign.erase(name);
}

std::string valueBefore(const UnaryOperator *step)
{
    char name[24];
    snprintf(name, sizeof(name), "^%p;", (const void *)step);
    return name;
}

// An array of known size is checked where it runs (-fsanitize=bounds, counted_by).
bool isSized(const Expr *pointer)
{
    const Expr *base = pointer->IgnoreParens();
    while (const auto *cast = dyn_cast<CastExpr>(base)) {
        if (cast->getCastKind() == CK_ArrayToPointerDecay) {
            const Expr *array = cast->getSubExpr()->IgnoreParens();
            if (isa<StringLiteral>(array) || isa<PredefinedExpr>(array))
                return true;
            if (array->getType()->isConstantArrayType())
                return true;
            const auto *member = dyn_cast<MemberExpr>(array);
            return member != nullptr && member->getMemberDecl()->getType()->isCountAttributedType();
        }
        if (cast->getCastKind() != CK_NoOp && cast->getCastKind() != CK_LValueToRValue)
            return false;
        base = cast->getSubExpr()->IgnoreParens();
    }
    return false;
}

// All that was known of `name` and of what it leads to; that a text went on here stays true when it is cut
// here.
void Bounds::forget(State &state, const std::string &name)
{
    for (std::set<std::string> *names : { &state.facts, &state.foreign })
        for (auto known = names->begin(); known != names->end();) {
            bool isOfIt = known->find(name) != std::string::npos && *known != "!" + name;
            known = isOfIt ? names->erase(known) : std::next(known);
        }
}

bool Bounds::isNumberOfOther(const State &state, const Expr *expression) const
{
    if (isForeign(expression, isAny))
        return true;
    std::vector<const Stmt *> work = { expression };
    while (!work.empty()) {
        const Stmt *part = work.back();
        work.pop_back();
        if (part == nullptr)
            continue;
        if (const auto *value = dyn_cast<Expr>(part))
            if (std::optional<std::string> name = nameOf(value, ast))
                for (const std::string &foreign : state.foreign)
                    if (isPart(*name, foreign))
                        return true;
        work.insert(work.end(), part->child_begin(), part->child_end());
    }
    return false;
}

bool Bounds::isBoundedBinary(const State &state, const BinaryOperator *binary) const
{
    bool left = isBounded(state, binary->getLHS()), right = isBounded(state, binary->getRHS());
    switch (binary->getOpcode()) {
    case BO_And:
        return left || right;
    case BO_Rem:
        return right || !isNumberOfOther(state, binary->getRHS());
    case BO_Sub: // of two pointers: a length; of a limit and an index: what is left
        if (left || isPointer(binary->getLHS()))
            return true;
        if (isConstant(binary->getRHS(), ast))
            return isPositive(state, binary->getLHS());
        return right && !isNumberOfOther(state, binary->getLHS());
    case BO_Div:
    case BO_Shr:
        return left;
    case BO_Mul: // so many of a size
        return (left && !isNumberOfOther(state, binary->getRHS())) ||
               (right && !isNumberOfOther(state, binary->getLHS()));
    case BO_Add:
    case BO_Or:
    case BO_Xor:
    case BO_Shl:
        return left && right;
    default:
        return binary->isComparisonOp() || binary->isLogicalOp();
    }
}

bool Bounds::isPositive(const State &state, const Expr *expression) const
{
    if (isConstant(bare(expression), ast))
        return !isZero(expression);
    std::optional<std::string> name = nameOf(expression, ast);
    return name && has(state, "+" + *name) && !isNumberOfOther(state, expression);
}

// Good for the end of an array, which may be pointed at.
bool Bounds::isEnd(const State &state, const Expr *expression) const
{
    std::optional<std::string> name = nameOf(expression, ast);
    return (name && has(state, "~" + *name)) || isBounded(state, expression);
}

// The smaller of two: one of them is compared with the other and chosen.
bool Bounds::isBoundedChoice(const State &state, const ConditionalOperator *choice) const
{
    State whenTrue = state, whenFalse = state;
    learn(whenTrue, choice->getCond(), true, false);
    learn(whenFalse, choice->getCond(), false, false);
    return isBounded(whenTrue, choice->getTrueExpr()) && isBounded(whenFalse, choice->getFalseExpr());
}

bool Bounds::isBounded(const State &state, const Expr *expression) const
{
    const Expr *value = bare(expression);
    if (isConstant(value, ast))
        return true;
    std::optional<std::string> name = nameOf(value, ast);
    if (name && has(state, *name))
        return true;
    if (const auto *binary = dyn_cast<BinaryOperator>(value)) {
        if (binary->getOpcode() == BO_Assign)
            return isBounded(state, binary->getRHS());
        return isBoundedBinary(state, binary);
    }
    if (const auto *choice = dyn_cast<ConditionalOperator>(value))
        return isBoundedChoice(state, choice);
    if (const auto *unary = dyn_cast<UnaryOperator>(value))
        return unary->isPostfix() && has(state, valueBefore(unary));
    if (const auto *call = dyn_cast<CallExpr>(value)) {
        std::string callee = calleeName(call);
        bool isMinimum = callee.find("min") != std::string::npos && call->getNumArgs() == 2;
        return isMinimum || callee.rfind("__builtin_c", 0) == 0 || callee.rfind("__builtin_popcount", 0) == 0;
    }
    return false;
}

void Bounds::set(State &state, const std::string &name, const Expr *value)
{
    bool isKnown = value != nullptr && isBounded(state, value);
    bool isAtEnd = value != nullptr && isEnd(state, value);
    bool isOther = value != nullptr && !isKnown && isNumberOfOther(state, value);
    forget(state, name);
    if (isKnown)
        bound(state, name);
    if (isAtEnd)
        state.facts.insert("~" + name);
    if (isOther)
        state.foreign.insert(name);
}

void Bounds::assigned(State &state, const Expr *target, const Expr *value)
{
    if (std::optional<std::string> name = nameOf(target, ast))
        set(state, *name, value);
}

// What goes up by more than one has to be compared again; what goes down stays below what it was.
void Bounds::stepped(State &state, const Expr *target, bool isUp)
{
    std::optional<std::string> name = nameOf(target, ast);
    if (!name)
        return;
    bool isKept = !isUp && has(state, *name);
    forget(state, *name);
    if (isKept)
        bound(state, *name);
}

// One up: bounded if n + 1 was, or if the text went on at n; otherwise at most the end.
void Bounds::steppedByOne(State &state, const UnaryOperator *step)
{
    std::optional<std::string> name = nameOf(step->getSubExpr(), ast);
    if (!name)
        return;
    bool wasBounded = has(state, *name);
    std::set<std::string> next = factsOfNext(state, *name);
    stepped(state, step->getSubExpr(), step->isIncrementOp());
    if (wasBounded)
        state.facts.insert({ "~" + *name, valueBefore(step) });
    if (step->isIncrementOp())
        state.facts.insert(next.begin(), next.end());
}

// What is known of n + 1, as facts about n after n++.
std::set<std::string> Bounds::factsOfNext(const State &state, const std::string &name) const
{
    std::set<std::string> facts;
    std::string sum = "(" + name + "+#", content = "[" + name + "];";
    for (const std::string &fact : state.facts) {
        bool isLooked = fact[0] == '!' && fact.size() > content.size() &&
                        fact.compare(fact.size() - content.size(), content.size(), content) == 0;
        bool isSum = fact.compare(0, sum.size(), sum) == 0;
        if (!isLooked && !isSum)
            continue;
        facts.insert({ name, "~" + name });
        unsigned more = isSum ? (unsigned)strtoul(fact.c_str() + sum.size(), nullptr, 10) : 1;
        if (more > 1)
            facts.insert(sum + std::to_string(more - 1) + ";)");
    }
    return facts;
}

// What is handed out by address comes back with another value; a copy of foreign memory is foreign.
void Bounds::call(State &state, const CallExpr *call)
{
    bool isCopy = calleeName(call).find("_copy_in") != std::string::npos;
    for (unsigned i = 0; i < call->getNumArgs(); i++) {
        const auto *address = dyn_cast<UnaryOperator>(bare(call->getArg(i)));
        if (address == nullptr || address->getOpcode() != UO_AddrOf)
            continue;
        std::optional<std::string> name = nameOf(address->getSubExpr(), ast);
        bool isConst = call->getArg(i)->getType()->getPointeeType().isConstQualified();
        if (!name || isConst)
            continue;
        forget(state, *name);
        if (isCopy && i == 0)
            state.foreign.insert(*name);
    }
}

// --- What conditions say ---

void Bounds::learnAll(State &state, const Expr *value) const
{
    const Expr *part = bare(value);
    if (std::optional<std::string> name = nameOf(part, ast))
        bound(state, *name);
    if (const auto *binary = dyn_cast<BinaryOperator>(part)) {
        if (binary->isAdditiveOp() || binary->isMultiplicativeOp() || binary->isAssignmentOp())
            learnAll(state, binary->getLHS());
        if (binary->getOpcode() == BO_Add || binary->getOpcode() == BO_Mul)
            learnAll(state, binary->getRHS());
    }
    if (const auto *unary = dyn_cast<UnaryOperator>(part);
        unary != nullptr && unary->isIncrementDecrementOp())
        learnAll(state, unary->getSubExpr());
}

void Bounds::learnBelow(State &state, const Expr *value, const Expr *limit) const
{
    if (isBounded(state, limit) || !isNumberOfOther(state, limit))
        learnAll(state, value);
}

void Bounds::learnCompared(State &state, const BinaryOperator *comparison, bool truth, bool isLoop) const
{
    const Expr *left = comparison->getLHS(), *right = comparison->getRHS();
    BinaryOperatorKind kind = truth ? comparison->getOpcode()
                                    : BinaryOperator::negateComparisonOp(comparison->getOpcode());
    if (kind == BO_LT || kind == BO_LE)
        learnBelow(state, left, right);
    if (kind == BO_GT || kind == BO_GE) {
        learnBelow(state, right, left);
        learnPositive(state, left, kind == BO_GT || !isZero(right));
    }
    if (kind == BO_EQ) {
        learnBelow(state, left, right);
        learnBelow(state, right, left);
        learnPositive(state, left, isPositive(state, right));
        learnPositive(state, right, isPositive(state, left));
    }
    if (kind == BO_NE)
        learnPositive(state, left, isZero(right));
    // `i != n` ends a loop that counts, `p != end` one that walks.
    if (kind == BO_NE && isLoop && !isZero(right))
        learnBelow(state, left, right);
}

bool Bounds::isZero(const Expr *expression) const
{
    return expression->isNullPointerConstant(const_cast<ASTContext &>(ast),
                                             Expr::NPC_ValueDependentIsNotNull) != Expr::NPCK_NotNull ||
           (isConstant(expression, ast) && expression->EvaluateKnownConstInt(ast).isZero());
}

// Not zero: a count has a last element; a text goes on behind what was read of it.
void Bounds::learnPositive(State &state, const Expr *value, bool isPositive) const
{
    const Expr *part = bare(value);
    std::optional<std::string> name = nameOf(part, ast);
    if (!isPositive || !name)
        return;
    state.facts.insert("+" + *name);
    const auto *unary = dyn_cast<UnaryOperator>(part);
    if (isa<ArraySubscriptExpr>(part) || (unary != nullptr && unary->getOpcode() == UO_Deref))
        state.facts.insert("!" + *name);
    // A table that ends with an entry without a name: p->name says of *p what p->name != 0 does.
    if (const auto *member = dyn_cast<MemberExpr>(part); member != nullptr && member->isArrow())
        state.facts.insert("!" +
                           name->substr(0, name->size() - member->getMemberDecl()->getName().size() - 2));
}

// A test of its own, `static bool is_inside(a, b)`: what its one expression says about its parameters.
void Bounds::learnCall(State &state, const CallExpr *call, bool truth) const
{
    const FunctionDecl *callee = call->getDirectCallee(), *definition = nullptr;
    if (callee == nullptr || !callee->hasBody(definition))
        return;
    const auto *body = dyn_cast<CompoundStmt>(definition->getBody());
    const auto *answer = body != nullptr && body->size() == 1 ? dyn_cast<ReturnStmt>(body->body_front())
                                                              : nullptr;
    if (answer == nullptr || answer->getRetValue() == nullptr)
        return;
    State inside;
    unsigned count = std::min(call->getNumArgs(), definition->getNumParams());
    for (unsigned i = 0; i < count; i++)
        if (isNumberOfOther(state, call->getArg(i)) && !isBounded(state, call->getArg(i)))
            inside.foreign.insert(nameOfVariable(definition->getParamDecl(i)));
    learn(inside, answer->getRetValue(), truth, false);
    for (unsigned i = 0; i < count; i++) {
        std::string name = nameOfVariable(definition->getParamDecl(i));
        if (has(inside, name))
            learnAll(state, call->getArg(i));
        learnPositive(state, call->getArg(i), has(inside, "+" + name));
    }
}

// Either of two: what both say.
void Bounds::learnEither(State &state, const BinaryOperator *either, bool truth, bool isLoop) const
{
    State left = state, right = state;
    learn(left, either->getLHS(), truth, isLoop);
    learn(right, either->getRHS(), truth, isLoop);
    for (const std::string &fact : left.facts)
        if (has(right, fact))
            state.facts.insert(fact);
}

void Bounds::learn(State &state, const Expr *condition, bool truth, bool isLoop) const
{
    const Expr *bareCondition = bare(condition);
    if (const auto *unary = dyn_cast<UnaryOperator>(bareCondition)) {
        if (unary->getOpcode() == UO_LNot)
            learn(state, unary->getSubExpr(), !truth, isLoop);
        learnPositive(state, unary, truth);
        return;
    }
    if (const auto *call = dyn_cast<CallExpr>(bareCondition)) {
        if (calleeName(call) == "__builtin_expect")
            return learn(state, call->getArg(0), truth, isLoop);
        return learnCall(state, call, truth);
    }
    const auto *binary = dyn_cast<BinaryOperator>(bareCondition);
    if (binary == nullptr)
        return learnPositive(state, bareCondition, truth);
    if (binary->isComparisonOp())
        return learnCompared(state, binary, truth, isLoop);
    if (!binary->isLogicalOp())
        return;
    if ((binary->getOpcode() == BO_LAnd) != truth)
        return learnEither(state, binary, truth, isLoop);
    learn(state, binary->getLHS(), truth, isLoop);
    learn(state, binary->getRHS(), truth, isLoop);
}

// The second successor of a branch is taken when its condition is false; those of a switch begin with
// their label.
State Bounds::onEdge(const State &state, const CFGBlock &block, unsigned edge, const CFGBlock &next) const
{
    State result = state;
    const Stmt *terminator = block.getTerminatorStmt();
    if (const auto *choice = dyn_cast_or_null<SwitchStmt>(terminator)) {
        if (isa_and_nonnull<CaseStmt>(next.getLabel()))
            learnAll(result, choice->getCond());
        return result;
    }
    const auto *condition = dyn_cast_or_null<Expr>(block.getTerminatorCondition());
    if (condition != nullptr && block.succ_size() == 2) {
        bool isLoop = terminator != nullptr &&
                      (isa<ForStmt>(terminator) || isa<WhileStmt>(terminator) || isa<DoStmt>(terminator));
        learn(result, condition, edge == 0, isLoop);
    }
    return result;
}

// --- What is checked ---

void Bounds::arithmetic(const State &state, const Expr *at, const Expr *pointer, const Expr *index)
{
    bool isEndEnough = !isa<ArraySubscriptExpr>(at);
    if (isSized(pointer) || isBounded(state, index) || (isEndEnough && isEnd(state, index)) ||
        !reported.insert(at).second)
        return;
    std::string who = isNumberOfOther(state, index) ? ", a number of the other side's," : "";
    plugin.error(at->getExprLoc(), "nothing on this path bounds '" + textOf(index, ast) + "'" + who +
                                       " and '" + textOf(pointer, ast) +
                                       "' has no size: compare it with the size first, or index an array");
}

// `p += 2` after p[1] was looked at.
bool Bounds::isTextAhead(const State &state, const Expr *pointer, uint64_t steps) const
{
    std::optional<std::string> name = nameOf(pointer, ast);
    if (!name || steps == 0)
        return false;
    return has(state, "!" + *name + (steps == 1 ? "*;" : "[#" + std::to_string(steps - 1) + ";];"));
}

// A step of a number that was compared is like p + n; a step of a constant says nothing about where it
// ends.
void Bounds::walk(const State &state, const Expr *at, const Expr *pointer, const Expr *step, uint64_t steps)
{
    bool isCompared = step != nullptr && steps == 0 && isEnd(state, step);
    if (isCompared || isBounded(state, pointer) || isTextAhead(state, pointer, steps) ||
        !reported.insert(at).second)
        return;
    plugin.error(at->getExprLoc(),
                 "nothing on this path bounds '" + textOf(pointer, ast) +
                     "': compare the pointer with its end, or what it points at with the end of "
                     "the text, or index an array");
}

void Bounds::operation(State &state, const BinaryOperator *binary, bool isReporting)
{
    const Expr *left = binary->getLHS(), *right = binary->getRHS();
    if (isReporting && isPointer(binary) && binary->isAdditiveOp())
        arithmetic(state, binary, isPointer(left) ? left : right, isPointer(left) ? right : left);
    bool isStep = binary->getOpcode() == BO_AddAssign || binary->getOpcode() == BO_SubAssign;
    if (isReporting && isStep && isPointer(binary)) {
        bool isKnown = isConstant(right, ast);
        walk(state, binary, left, isKnown ? nullptr : right,
             isKnown && binary->getOpcode() == BO_AddAssign ? right->EvaluateKnownConstInt(ast).getZExtValue()
                                                            : 0);
    }
    if (binary->getOpcode() == BO_Assign)
        return assigned(state, left, right);
    if (binary->getOpcode() == BO_AndAssign || binary->getOpcode() == BO_RemAssign)
        return learnBelow(state, left, right);
    if (binary->isCompoundAssignmentOp())
        stepped(state, left,
                binary->getOpcode() != BO_SubAssign && binary->getOpcode() != BO_ShrAssign &&
                    binary->getOpcode() != BO_DivAssign);
}

void Bounds::statement(State &state, const Stmt *statement, bool isReporting)
{
    if (const auto *made = dyn_cast<CallExpr>(statement))
        return call(state, made);
    if (const auto *binary = dyn_cast<BinaryOperator>(statement))
        return operation(state, binary, isReporting);
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(statement); subscript != nullptr && isReporting)
        arithmetic(state, subscript, subscript->getBase(), subscript->getIdx());
    if (const auto *declaration = dyn_cast<DeclStmt>(statement))
        for (const Decl *declared : declaration->decls())
            if (const auto *variable = dyn_cast<VarDecl>(declared))
                set(state, nameOfVariable(variable), variable->getInit());
    const auto *unary = dyn_cast<UnaryOperator>(statement);
    if (unary == nullptr || !unary->isIncrementDecrementOp())
        return;
    if (isPointer(unary) && isReporting)
        walk(state, unary, unary->getSubExpr(), nullptr, unary->isIncrementOp() ? 1 : 0);
    steppedByOne(state, unary);
}

void Bounds::transfer(State &state, const CFGBlock &block, bool isReporting)
{
    for (const CFGElement &element : block)
        if (std::optional<CFGStmt> part = element.getAs<CFGStmt>())
            statement(state, part->getStmt(), isReporting);
}

// True if `entry` changed.
bool merge(State &entry, const State &state)
{
    if (!entry.isReached) {
        entry = state;
        entry.isReached = true;
        return true;
    }
    size_t before = entry.facts.size() + (SIZE_MAX / 2 - entry.foreign.size());
    for (auto name = entry.facts.begin(); name != entry.facts.end();)
        name = state.facts.count(*name) == 0 ? entry.facts.erase(name) : std::next(name);
    entry.foreign.insert(state.foreign.begin(), state.foreign.end());
    return entry.facts.size() + (SIZE_MAX / 2 - entry.foreign.size()) != before;
}

void Bounds::run()
{
    std::map<const CFGBlock *, State> entries;
    std::vector<const CFGBlock *> work = { &cfg.getEntry() };
    entries[&cfg.getEntry()].isReached = true;
    while (!work.empty()) {
        const CFGBlock *block = work.back();
        work.pop_back();
        State state = entries[block];
        transfer(state, *block, false);
        unsigned edge = 0;
        for (auto next = block->succ_begin(); next != block->succ_end(); ++next, ++edge)
            if (*next != nullptr && merge(entries[*next], onEdge(state, *block, edge, **next)))
                work.push_back(*next);
    }
    for (auto &[block, state] : entries)
        transfer(state, *block, true);
}

} // namespace

void boundsCheck(Plugin &plugin, const FunctionDecl *function, CFG &cfg)
{
    if (!plugin.isSdk(function->getLocation()))
        Bounds(plugin, cfg).run();
}

} // namespace comb
