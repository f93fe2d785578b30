// SPDX-License-Identifier: MIT

// What the rules ask about expressions.

#include "plugin.h"

#include <clang/Basic/SourceManager.h>
#include <clang/Lex/Lexer.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>

using namespace clang;

namespace comb
{

const Expr *bare(const Expr *expression)
{
    return expression->IgnoreParenCasts();
}

bool isPointer(const Expr *expression)
{
    return expression->getType()->isPointerType();
}

bool isConstant(const Expr *expression, const ASTContext &ast)
{
    return !expression->isValueDependent() && expression->getType()->isIntegralOrEnumerationType() &&
           expression->isIntegerConstantExpr(ast);
}

std::string textOf(const Expr *expression, const ASTContext &ast)
{
    CharSourceRange range = Lexer::getAsCharRange(
        ast.getSourceManager().getExpansionRange(expression->getSourceRange()), ast.getSourceManager(),
        ast.getLangOpts());
    return Lexer::getSourceText(range, ast.getSourceManager(), ast.getLangOpts()).str();
}

std::string calleeName(const CallExpr *call)
{
    const FunctionDecl *callee = call->getDirectCallee();
    return callee != nullptr && callee->getIdentifier() != nullptr ? callee->getName().str() : "";
}

std::string nameOfVariable(const ValueDecl *variable)
{
    char name[24];
    snprintf(name, sizeof(name), "@%p;", (const void *)variable->getCanonicalDecl());
    return name;
}

// Names are written behind each other: root, then the way from there, each part ended by ';'.
static std::optional<std::string> reached(std::optional<std::string> pointer)
{
    if (!pointer)
        return std::nullopt;
    if (pointer->rfind("&(", 0) == 0)
        return pointer->substr(2, pointer->size() - 3);
    return *pointer + "*;";
}

static std::optional<std::string> nameOfUnary(const UnaryOperator *unary, const ASTContext &ast)
{
    if (unary->isIncrementDecrementOp())
        return std::nullopt;
    std::optional<std::string> operand = nameOf(unary->getSubExpr(), ast);
    if (!operand || unary->getOpcode() == UO_Plus || unary->getOpcode() == UO_Extension)
        return operand;
    if (unary->getOpcode() == UO_Deref)
        return reached(operand);
    if (unary->getOpcode() == UO_AddrOf && operand->size() > 2 &&
        operand->compare(operand->size() - 2, 2, "*;") == 0)
        return operand->substr(0, operand->size() - 2);
    return UnaryOperator::getOpcodeStr(unary->getOpcode()).str() + "(" + *operand + ")";
}

static std::optional<std::string> nameOfElement(const Expr *base, const Expr *index, const ASTContext &ast)
{
    std::optional<std::string> array = nameOf(base, ast), at = nameOf(index, ast);
    if (!array || !at)
        return std::nullopt;
    return *at == "#0;" ? reached(array) : *array + "[" + *at + "];";
}

static std::optional<std::string> nameOfBinary(const BinaryOperator *binary, const ASTContext &ast)
{
    if (binary->isAssignmentOp() || binary->isLogicalOp() || binary->getOpcode() == BO_Comma)
        return std::nullopt;
    // &a[i] and a + i are the same.
    if (isPointer(binary) && binary->getOpcode() == BO_Add && isPointer(binary->getLHS())) {
        std::optional<std::string> element = nameOfElement(binary->getLHS(), binary->getRHS(), ast);
        return element ? std::optional("&(" + *element + ")") : std::nullopt;
    }
    std::optional<std::string> left = nameOf(binary->getLHS(), ast), right = nameOf(binary->getRHS(), ast);
    if (!left || !right)
        return std::nullopt;
    return "(" + *left + binary->getOpcodeStr().str() + *right + ")";
}

std::optional<std::string> nameOf(const Expr *given, const ASTContext &ast)
{
    const Expr *expression = bare(given);
    if (isConstant(expression, ast))
        return "#" + llvm::toString(expression->EvaluateKnownConstInt(ast), 10) + ";";
    if (const auto *reference = dyn_cast<DeclRefExpr>(expression))
        return nameOfVariable(reference->getDecl());
    if (const auto *member = dyn_cast<MemberExpr>(expression)) {
        std::optional<std::string> base = nameOf(member->getBase(), ast);
        if (member->isArrow())
            base = reached(base);
        return base ? std::optional(*base + "." + member->getMemberDecl()->getNameAsString() + ";")
                    : std::nullopt;
    }
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(expression))
        return nameOfElement(subscript->getBase(), subscript->getIdx(), ast);
    if (const auto *unary = dyn_cast<UnaryOperator>(expression))
        return nameOfUnary(unary, ast);
    if (const auto *binary = dyn_cast<BinaryOperator>(expression))
        return nameOfBinary(binary, ast);
    return std::nullopt;
}

bool isPart(const std::string &name, const std::string &whole)
{
    return name.compare(0, whole.size(), whole) == 0;
}

Source sourceOf(const CallExpr *call)
{
    std::string name = calleeName(call);
    return llvm::StringSwitch<Source>(name)
        .Cases("shared_read32", "shared_read64", "shared_copy_in", Source::Shared)
        .Cases("dma_read16", "dma_read32", "dma_read64", "dma_copy_in", Source::Dma)
        .Cases("mmio_read8", "mmio_read16", "mmio_read32", "mmio_read64", Source::Register)
        .Cases("device_config_read8", "device_config_read16", "device_config_read32", Source::Register)
        .Default(Source::None);
}

// Depth ends recursion, of which cells have little.
static bool isForeignAt(const Stmt *statement, bool (*wanted)(Source), unsigned depth)
{
    if (statement == nullptr)
        return false;
    if (const auto *call = dyn_cast<CallExpr>(statement)) {
        if (wanted(sourceOf(call)))
            return true;
        const FunctionDecl *callee = call->getDirectCallee();
        const FunctionDecl *definition = nullptr;
        bool isBounded = calleeName(call) == "mmio_poll32" || calleeName(call) == "mmio_wait32";
        if (callee != nullptr && !isBounded && depth > 0 && callee->hasBody(definition) &&
            isForeignAt(definition->getBody(), wanted, depth - 1))
            return true;
    }
    for (const Stmt *child : statement->children())
        if (isForeignAt(child, wanted, depth))
            return true;
    return false;
}

bool isForeign(const Stmt *statement, bool (*wanted)(Source))
{
    return isForeignAt(statement, wanted, 4);
}

} // namespace comb
