// SPDX-License-Identifier: MIT

// Loops that read registers or device memory and that only the device can end.
//
// Such a loop needs a way out of its own: a condition with a counter that the loop steps, or with the
// time.  A limit that is itself a number of the device, neither masked to 16 bits nor compared with
// anything, is none.

#include "plugin.h"

#include <clang/AST/RecursiveASTVisitor.h>

using namespace clang;

namespace comb
{
namespace
{

bool isDevice(Source source)
{
    return source == Source::Dma || source == Source::Register;
}

bool isAny(Source source)
{
    return source != Source::None;
}

const ValueDecl *variableOf(const Expr *expression)
{
    const auto *reference = dyn_cast<DeclRefExpr>(bare(expression));
    return reference != nullptr ? reference->getDecl() : nullptr;
}

template <typename Visit> void eachPart(const Stmt *statement, Visit visit)
{
    if (statement == nullptr)
        return;
    visit(statement);
    for (const Stmt *child : statement->children())
        eachPart(child, visit);
}

bool isClock(const Stmt *statement)
{
    bool isFound = false;
    eachPart(statement, [&](const Stmt *part) {
        if (const auto *call = dyn_cast<CallExpr>(part))
            isFound = isFound || calleeName(call).rfind("tsc_", 0) == 0;
    });
    return isFound;
}

// A number of a device that is at most 65,535 whatever the device says.
bool isSmall(const Expr *expression, const ASTContext &ast)
{
    const Expr *value = bare(expression);
    if (ast.getTypeSize(expression->getType()) <= 16 || ast.getTypeSize(value->getType()) <= 16)
        return true;
    const auto *binary = dyn_cast<BinaryOperator>(value);
    if (binary == nullptr)
        return isConstant(value, ast) && value->EvaluateKnownConstInt(ast).ule(UINT16_MAX);
    switch (binary->getOpcode()) {
    case BO_And: // a field of a register: (value & mask) >> bits
        return isSmall(binary->getLHS(), ast) || isSmall(binary->getRHS(), ast);
    case BO_Rem:
        return isSmall(binary->getRHS(), ast);
    case BO_Shr:
        if (const auto *mask = dyn_cast<BinaryOperator>(bare(binary->getLHS()));
            mask != nullptr && mask->getOpcode() == BO_And && isConstant(mask->getRHS(), ast) &&
            isConstant(binary->getRHS(), ast)) {
            uint64_t bits = binary->getRHS()->EvaluateKnownConstInt(ast).getZExtValue();
            return bits < 64 &&
                   mask->getRHS()->EvaluateKnownConstInt(ast).getZExtValue() >> bits <= UINT16_MAX;
        }
        return isSmall(binary->getLHS(), ast);
    case BO_Add:
    case BO_Mul:
        return isSmall(binary->getLHS(), ast) && isSmall(binary->getRHS(), ast);
    default:
        return false;
    }
}

class Loops : public RecursiveASTVisitor<Loops>
{
  public:
    Loops(Plugin &plugin, const FunctionDecl *function) : plugin(plugin), function(function)
    {
    }

    bool VisitForStmt(ForStmt *loop)
    {
        return check(loop, loop->getForLoc(), loop->getCond());
    }
    bool VisitWhileStmt(WhileStmt *loop)
    {
        return check(loop, loop->getWhileLoc(), loop->getCond());
    }
    bool VisitDoStmt(DoStmt *loop)
    {
        return check(loop, loop->getDoLoc(), loop->getCond());
    }

  private:
    bool check(const Stmt *loop, SourceLocation at, const Expr *condition);
    bool isBound(const Expr *condition, const Stmt *loop, bool staysWhenTrue);
    bool isBoundAlone(const Expr *condition, const Stmt *loop);
    bool isOwnExit(const Stmt *loop, const Expr *condition);
    bool isCounter(const ValueDecl *variable, const Stmt *loop);
    bool isTime(const ValueDecl *variable);
    bool isOfDevice(const ValueDecl *variable, const Stmt *loop);

    Plugin &plugin;
    const FunctionDecl *function;
};

// Stepped in the loop and not set to anything else there.
bool Loops::isCounter(const ValueDecl *variable, const Stmt *loop)
{
    bool isStepped = false, isSet = false;
    const auto *loopFor = dyn_cast<ForStmt>(loop);
    for (const Stmt *child : loop->children()) {
        if (loopFor != nullptr && child == loopFor->getInit())
            continue;
        eachPart(child, [&](const Stmt *part) {
            if (const auto *unary = dyn_cast<UnaryOperator>(part);
                unary != nullptr && unary->isIncrementDecrementOp() &&
                variableOf(unary->getSubExpr()) == variable)
                isStepped = true;
            const auto *binary = dyn_cast<BinaryOperator>(part);
            if (binary == nullptr || !binary->isAssignmentOp() || variableOf(binary->getLHS()) != variable)
                return;
            bool isStep = binary->isCompoundAssignmentOp() && !isForeign(binary->getRHS(), isAny);
            isStepped = isStepped || isStep;
            isSet = isSet || !isStep;
        });
    }
    return isStepped && !isSet;
}

bool Loops::isTime(const ValueDecl *variable)
{
    const auto *local = dyn_cast<VarDecl>(variable);
    return local != nullptr && local->hasInit() && isClock(local->getInit());
}

// A number that came from the device as it is, and that nothing outside the loop compares.
bool Loops::isOfDevice(const ValueDecl *variable, const Stmt *loop)
{
    bool isTaken = false, isChecked = false;
    auto take = [&](const Expr *value) {
        isTaken = isTaken || (value != nullptr && isForeign(value, isAny) && !isSmall(value, plugin.ast));
    };
    if (const auto *local = dyn_cast<VarDecl>(variable))
        take(local->getInit());
    std::vector<const Stmt *> work = { function->getBody() };
    while (!work.empty()) {
        const Stmt *part = work.back();
        work.pop_back();
        if (part == nullptr || part == loop)
            continue;
        if (const auto *binary = dyn_cast<BinaryOperator>(part)) {
            bool isLeft = variableOf(binary->getLHS()) == variable;
            if (binary->getOpcode() == BO_Assign && isLeft)
                take(binary->getRHS());
            isChecked = isChecked ||
                        (binary->isRelationalOp() && (isLeft || variableOf(binary->getRHS()) == variable));
        }
        work.insert(work.end(), part->child_begin(), part->child_end());
    }
    return isTaken && !isChecked;
}

bool Loops::isBoundAlone(const Expr *condition, const Stmt *loop)
{
    if (isClock(condition))
        return true;
    bool hasCounter = false, hasDevice = isForeign(condition, isDevice);
    eachPart(condition, [&](const Stmt *part) {
        const auto *reference = dyn_cast<DeclRefExpr>(part);
        if (reference == nullptr)
            return;
        const ValueDecl *variable = reference->getDecl();
        hasCounter = hasCounter || isTime(variable) || isCounter(variable, loop);
        hasDevice = hasDevice || isOfDevice(variable, loop);
    });
    return hasCounter && !hasDevice;
}

// With `a && b` a loop goes on while both hold, so either ends it; an exit on `a && b` is certain only
// with both.
bool Loops::isBound(const Expr *condition, const Stmt *loop, bool staysWhenTrue)
{
    if (condition == nullptr)
        return false;
    const Expr *bareCondition = bare(condition);
    if (const auto *unary = dyn_cast<UnaryOperator>(bareCondition);
        unary != nullptr && unary->getOpcode() == UO_LNot)
        return isBound(unary->getSubExpr(), loop, !staysWhenTrue);
    const auto *binary = dyn_cast<BinaryOperator>(bareCondition);
    if (binary == nullptr || !binary->isLogicalOp())
        return isBoundAlone(bareCondition, loop);
    bool left = isBound(binary->getLHS(), loop, staysWhenTrue),
         right = isBound(binary->getRHS(), loop, staysWhenTrue);
    return (binary->getOpcode() == BO_LAnd) == staysWhenTrue ? left || right : left && right;
}

// Sets a variable that the condition of the loop reads.
bool isSetting(const Stmt *statement, const Expr *condition)
{
    const auto *assignment = dyn_cast<BinaryOperator>(statement);
    if (assignment == nullptr || assignment->getOpcode() != BO_Assign ||
        variableOf(assignment->getLHS()) == nullptr)
        return false;
    bool isRead = false;
    eachPart(condition, [&](const Stmt *part) {
        const auto *reference = dyn_cast<DeclRefExpr>(part);
        isRead = isRead || (reference != nullptr && reference->getDecl() == variableOf(assignment->getLHS()));
    });
    return isRead;
}

bool isLeaving(const Stmt *branch, const Expr *condition)
{
    if (branch == nullptr)
        return false;
    const auto *block = dyn_cast<CompoundStmt>(branch);
    const Stmt *last = block != nullptr && !block->body_empty() ? block->body_back() : branch;
    return isa<ReturnStmt>(last) || isa<BreakStmt>(last) || isa<GotoStmt>(last) || isSetting(last, condition);
}

// if (bound) return ...; anywhere in the loop, inner loops and switches left out.
bool Loops::isOwnExit(const Stmt *loop, const Expr *condition)
{
    std::vector<const Stmt *> work(loop->child_begin(), loop->child_end());
    while (!work.empty()) {
        const Stmt *part = work.back();
        work.pop_back();
        if (part == nullptr || isa<ForStmt>(part) || isa<WhileStmt>(part) || isa<DoStmt>(part) ||
            isa<SwitchStmt>(part))
            continue;
        if (const auto *branch = dyn_cast<IfStmt>(part))
            if ((isLeaving(branch->getThen(), condition) && isBound(branch->getCond(), loop, false)) ||
                (isLeaving(branch->getElse(), condition) && isBound(branch->getCond(), loop, true)))
                return true;
        work.insert(work.end(), part->child_begin(), part->child_end());
    }
    return false;
}

bool Loops::check(const Stmt *loop, SourceLocation at, const Expr *condition)
{
    if (isForeign(loop, isDevice) && !isBound(condition, loop, true) && !isOwnExit(loop, condition))
        plugin.error(
            at,
            "only the device ends this loop: poll with mmio_poll32 or mmio_wait32, or count the turns, or "
            "compare tsc_read with a deadline");
    return true;
}

} // namespace

void loopsCheck(Plugin &plugin, const FunctionDecl *function)
{
    Loops(plugin, function).TraverseStmt(function->getBody());
}

} // namespace comb
