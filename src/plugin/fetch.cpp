// SPDX-License-Identifier: MIT

// Double fetch: one function reads the same word of shared or DMA memory twice, and the peer or device has
// changed it in between.
//
// Forward over the paths of a function: the state is the set of places read so far.  Reading a place that
// is in it, or holds it, or lies in it, is an error; but not by the very same call again (a loop that
// polls), and not when the function has since written the place, changed what names it, or said with a
// fence that it looks again.

#include "plugin.h"

using namespace clang;

namespace comb
{
namespace
{

using Fetches = std::map<std::string, const CallExpr *>; // name of the place, the call that read it

class Fetch
{
  public:
    Fetch(Plugin &plugin, CFG &cfg) : plugin(plugin), cfg(cfg)
    {
    }

    void run();

  private:
    void transfer(Fetches &state, const CFGBlock &block, bool isReporting);
    void statement(Fetches &state, const Stmt *statement, bool isReporting);
    void call(Fetches &state, const CallExpr *call, bool isReporting);
    void report(const CallExpr *call, const CallExpr *former);
    std::optional<std::string> placeOf(const CallExpr *call) const;
    bool isFence(const CallExpr *call) const;
    void forget(Fetches &state, const std::optional<std::string> &name);

    Plugin &plugin;
    CFG &cfg;
    std::set<const CallExpr *> reported;
};

// What an address leads to.
std::optional<std::string> placeAt(const Expr *address, const ASTContext &ast)
{
    std::optional<std::string> name = nameOf(address, ast);
    if (name && name->rfind("&(", 0) == 0)
        return name->substr(2, name->size() - 3);
    return name ? std::optional(*name + "*;") : std::nullopt;
}

bool isCopy(const CallExpr *call)
{
    return calleeName(call).find("_copy_in") != std::string::npos;
}

// The place a call reads: an address, or a buffer and an offset.
std::optional<std::string> Fetch::placeOf(const CallExpr *call) const
{
    Source source = sourceOf(call);
    unsigned first = isCopy(call) ? 1 : 0;
    if (source == Source::Shared && call->getNumArgs() > first)
        return placeAt(call->getArg(first), plugin.ast);
    if (source != Source::Dma || call->getNumArgs() < first + 2)
        return std::nullopt;
    std::optional<std::string> buffer = nameOf(call->getArg(first), plugin.ast);
    std::optional<std::string> offset = nameOf(call->getArg(first + 1), plugin.ast);
    return buffer && offset ? std::optional(*buffer + "[" + *offset + "];") : std::nullopt;
}

bool Fetch::isFence(const CallExpr *call) const
{
    static const std::set<std::string> FENCES = { "shared_fence", "dma_for_cpu", "dma_for_device",
                                                  "cell_wait",    "mon_wait",    "channel_doorbell" };
    return FENCES.count(calleeName(call)) != 0;
}

void Fetch::forget(Fetches &state, const std::optional<std::string> &name)
{
    for (auto fetch = state.begin(); name && fetch != state.end();)
        fetch = fetch->first.find(*name) != std::string::npos ? state.erase(fetch) : std::next(fetch);
}

void Fetch::report(const CallExpr *call, const CallExpr *former)
{
    if (!reported.insert(call).second)
        return;
    unsigned first = isCopy(call) ? 1 : 0;
    std::string place = textOf(call->getArg(first), plugin.ast);
    if (sourceOf(call) == Source::Dma)
        place += "' at '" + textOf(call->getArg(first + 1), plugin.ast);
    plugin.error(call->getExprLoc(),
                 "double fetch: '" + place +
                     "' was read before and the other side may have changed it: keep the first "
                     "value, or fence to look again");
    plugin.note(former->getExprLoc(), "read here first");
}

void Fetch::call(Fetches &state, const CallExpr *call, bool isReporting)
{
    std::string name = calleeName(call);
    if (isFence(call))
        state.clear();
    if (name.rfind("shared_write", 0) == 0 && call->getNumArgs() > 0)
        forget(state, placeAt(call->getArg(0), plugin.ast));
    std::optional<std::string> place = placeOf(call);
    if (!place)
        return;
    for (const auto &[other, former] : state)
        if (isReporting && former != call && (isPart(other, *place) || isPart(*place, other)))
            return report(call, former);
    state.emplace(*place, call);
}

void Fetch::statement(Fetches &state, const Stmt *statement, bool isReporting)
{
    if (const auto *made = dyn_cast<CallExpr>(statement))
        return call(state, made, isReporting);
    if (const auto *binary = dyn_cast<BinaryOperator>(statement);
        binary != nullptr && binary->isAssignmentOp())
        return forget(state, nameOf(binary->getLHS(), plugin.ast));
    if (const auto *unary = dyn_cast<UnaryOperator>(statement)) {
        if (unary->isIncrementDecrementOp())
            forget(state, nameOf(unary->getSubExpr(), plugin.ast));
        return;
    }
    // A new turn of a loop is a new variable.
    if (const auto *declaration = dyn_cast<DeclStmt>(statement))
        for (const Decl *declared : declaration->decls())
            if (const auto *variable = dyn_cast<ValueDecl>(declared))
                forget(state, nameOfVariable(variable));
}

void Fetch::transfer(Fetches &state, const CFGBlock &block, bool isReporting)
{
    for (const CFGElement &element : block)
        if (std::optional<CFGStmt> part = element.getAs<CFGStmt>())
            statement(state, part->getStmt(), isReporting);
}

void Fetch::run()
{
    std::map<const CFGBlock *, Fetches> entries;
    std::vector<const CFGBlock *> work = { &cfg.getEntry() };
    while (!work.empty()) {
        const CFGBlock *block = work.back();
        work.pop_back();
        Fetches state = entries[block];
        transfer(state, *block, false);
        for (const CFGBlock *next : block->succs()) {
            if (next == nullptr)
                continue;
            bool isNew = entries.find(next) == entries.end();
            Fetches &entry = entries[next];
            size_t before = entry.size();
            entry.insert(state.begin(), state.end());
            if (isNew || entry.size() != before)
                work.push_back(next);
        }
    }
    for (auto &[block, state] : entries)
        transfer(state, *block, true);
}

// Most functions read nothing of the kind.
bool isFetching(const CFG &cfg)
{
    for (const CFGBlock *block : cfg)
        for (const CFGElement &element : *block)
            if (std::optional<CFGStmt> part = element.getAs<CFGStmt>())
                if (const auto *call = dyn_cast<CallExpr>(part->getStmt()))
                    if (Source source = sourceOf(call); source == Source::Shared || source == Source::Dma)
                        return true;
    return false;
}

} // namespace

void fetchCheck(Plugin &plugin, const FunctionDecl *, CFG &cfg)
{
    if (isFetching(cfg))
        Fetch(plugin, cfg).run();
}

} // namespace comb
