"""Safety check for formulas."""

import pytest

from claude_notebook.render.html.markdown.engine import markdown_to_html
from claude_notebook.render.html.markdown.tex import is_plain_formula

ORDINARY = (
    r"x^2 + y_1",
    r"\frac{1}{n}\sum_{i=1}^{n} (x_i - \bar{x})^2",
    r"\hat{\beta} = (X^\top X)^{-1} X^\top y",
    r"p(\theta \mid x) \propto p(x \mid \theta)\, p(\theta)",
    r"\mathbb{E}_{x \sim \mathcal{N}(0, 1)}\left[ f(x) \right]",
    r"\operatorname*{arg\,max}_{\theta} \log \mathcal{L}(\theta)",
    r"\mathrm{KL}(P \,\|\, Q) = \int p \ln \frac{p}{q} \, dx",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}",
    r"f(x) = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{array}{c|cc} a & b & c \\ \hline d & e & f \end{array}",
    r"\underbrace{a + b}_{\text{sum}} \overset{!}{=} \overline{c} \xrightarrow{n \to \infty} 0",
    r"\lim_{n \to \infty} \left( 1 + \tfrac{1}{n} \right)^n = \mathrm{e}",
    r"\sqrt[3]{2} \approx 1.26, \quad 50\% \text{ of } \$10, \ \{1, \dots, n\}",
    r"\nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}, \oint \vec{B} \cdot d\vec{l}",
    r"\begin{array}{@{}l p{5em}|*{3}{c}@{\hspace{1em}}r} a \end{array}",
    r"\color{red} x + \textcolor{#0a0}{y}",
    r"\ce{2H2 + O2 -> 2H2O}",
    r"\mathbf{1}\{x \in A\} \iff \forall \epsilon > 0\ \exists \delta \neq 0",
    r"a \hspace{1em} b \kern-0.1em c \mkern 3mu d \! e",
    r"E = mc^2 \tag{1}",
    r"\binom{n}{k} \lfloor x \rfloor \lceil y \rceil \langle u, v \rangle \lVert w \rVert_2",
    r"\big( \Big[ \bigg\{ \Bigg| x \Bigr. \cancel{y} \boxed{z}",
    r"\smash{\frac{\hat{x}}{2}} \smash[b]{\sum_{i}} \smash x \cancelto{0}{x}",
    r"12\% \text{ of } x \perp\!\!\!\perp y \\[-1em] z",
    r"\boldsymbol{\Sigma} \succeq 0 \perp\!\!\!\perp \coloneqq \triangleq \cdots \ddots \vdots",
)

_COMMON = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu
    xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta
    Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega sum prod coprod int iint iiint oint bigcup
    bigcap bigoplus bigotimes bigvee bigwedge frac dfrac tfrac cfrac sqrt binom dbinom tbinom
    over choose atop stackrel overset underset substack hat widehat bar overline underline
    tilde widetilde vec dot ddot acute grave breve check mathring overbrace underbrace
    overrightarrow overleftarrow mathbb mathbf mathcal mathfrak mathit mathrm mathscr mathsf
    mathtt mathds mathbbm boldsymbol bm pmb text textbf textit textrm textsf texttt mbox
    operatorname mathop mathbin mathrel rm bf it cal sin cos tan cot sec csc sinh cosh tanh
    arcsin arccos arctan log ln lg exp lim limsup liminf max min sup inf arg det dim ker gcd
    deg hom Pr argmax argmin leq le geq ge neq ne lt gt ll gg leqslant geqslant approx sim
    simeq cong equiv propto prec succ preceq succeq parallel perp mid nmid doteq triangleq
    models vdash asymp in notin ni subset supset subseteq supseteq subsetneq cup cap setminus
    emptyset varnothing sqcup forall exists nexists neg lnot land lor wedge vee implies
    impliedby iff therefore because top bot to gets rightarrow leftarrow Rightarrow Leftarrow
    leftrightarrow Leftrightarrow longrightarrow longleftarrow Longrightarrow
    Longleftrightarrow mapsto longmapsto hookrightarrow uparrow downarrow Uparrow Downarrow
    nearrow searrow leadsto rightleftharpoons pm mp times div cdot ast star circ bullet oplus
    ominus otimes odot dagger partial nabla infty hbar ell Re Im aleph imath jmath angle
    triangle square blacksquare Box checkmark degree prime ldots cdots vdots ddots dots dotsc
    dotsb left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr lbrace rbrace
    lbrack rbrack langle rangle lvert rvert lVert rVert vert Vert lceil rceil lfloor rfloor
    quad qquad thinspace displaystyle textstyle scriptstyle limits nolimits phantom hphantom
    vphantom smash boxed cancel hline cline multicolumn notag nonumber intertext hfill bmod
    pmod mod not abs norm dd qty grad laplacian expval bra ket braket SI si num unit coloneqq
    colonequals lesssim gtrsim ltimes rtimes tiny small large Large cases matrix pmatrix
    eqalign displaylines buildrel diamond lozenge bigstar boxplus boxtimes copyright pounds
    LaTeX TeX Bbb strut tag color textcolor
"""
COMMON = _COMMON.split()

ARGUMENTS = {"color": "{red}", "textcolor": "{red}"}

ENVIRONMENTS = (
    *("align", "align*", "aligned", "alignat", "gather", "gather*", "gathered", "equation"),
    *("equation*", "multline", "split", "cases", "dcases", "rcases", "matrix", "pmatrix"),
    *("bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "eqnarray", "flalign"),
)

POWERFUL = (
    r"\href{https://a.b}{x}",
    r"\begin{array}{p{9999em}} a \end{array}",
    r"\begin{array}{m{99999px}} a \end{array}",
    r"\begin{array}{b{-30em}} a \end{array}",
    r"\begin{array}{p{9em}p{9em}p{9em}} a \end{array}",
    r"\begin{array}{*{99}{p{9em}}} a \end{array}",
    r"\begin{array} a \end{array}",
    r"\url{https://a.b}",
    r"\includegraphics{https://a.b/c.png}",
    r"\htmlClass{jp-Button}{x}",
    r"\htmlData{a=b}{x}",
    r"\htmlId{a}{x}",
    r"\htmlStyle{position:fixed}{x}",
    r"\style{position:fixed}{x}",
    r"\cssId{a}{x}",
    r"\class{a}{x}",
    r"\data{a}{x}",
    r"\require{html}",
    r"\def\a{\a\a}\a",
    r"\gdef\a{x}",
    r"\newcommand{\a}{x}",
    r"\renewcommand{\alpha}{x}",
    r"\DeclareMathOperator{\a}{x}",
    r"\let\alpha\beta",
    r"\global\let\a\b",
    r"\newenvironment{a}{}{}",
    r"\unicode{x202e}",
    r"\char'1234",
    r"\csname href\endcsname{x}{y}",
    r"\expandafter\href{x}{y}",
    r"\mmlToken{mi}[href=x]{y}",
    r"\toggle{a}{b}\endtoggle",
    r"\mathtip{a}{b}",
    r"\texttip{a}{b}",
    r"\enclose{circle}[mathbackground=red]{x}",
    r"\bbox[position:fixed]{x}",
    r"\label{a} \ref{a} \eqref{a}",
    r"\rule{999em}{999em}",
    r"\raise 99em{x}",
    r"\raisebox{99em}{x}",
    r"\llap{over the text}",
    r"\mathrlap{over the text}",
    r"\hspace{-99em} x",
    r"\hspace{99999em} x",
    r"\kern-999em x",
    r"\kern\alpha x",
    r"\\[-999em] x",
    r"\newline[999em] x",
    r"\!" * 200,
    r"\color{url(x)} x",
    r"\color{\href} x",
    r"\begin{htmlClass} x \end{htmlClass}",
    r"\begin{ html } x",
    r"\verb|x|",
    r"\definecolor{a}{b}{c}",
    r"\input{/etc/passwd}",
    r"\write18{ls}",
    r"\text{\(\href{x}{y}\)}",
    r"\href@a{x}",
    r"\unknowncommand",
    "\\\\%\n[-9em] x",
    "\\newline % comment\n[9em] x",
    "\\kern%\n9em x",
    r"50% of x",
    r"\hspace{-5em} x",
    r"\kern-3em\mkern-40mu x",
    r"\begin{matrix} a \\[-3em] b \\[-3em] c \end{matrix}",
    r"\negthinspace" * 15,
    r"\smash{\begin{matrix} a \\ b \\ c \end{matrix}}",
    r"\smash{\Huge x}",
    r"\smash{\colorbox{red}{x}}",
    r"\smash[b]{\substack{a \\ b}}",
    r"\smash{x^{x^{x^{x^{x}}}}}",
    r"\smash{\overset{a}{\overset{b}{c}}}",
    r"\smash\Huge{x}",
    r"\smash{" + "x" * 100 + "}",
    r"\cancelto{\text{this covers the words beside it}}{x}",
    r"\cancelto{\Huge 0}{x}",
    "a \\",
    "{" * 200 + "}" * 200,
    "x" * 30_000,
)


@pytest.mark.parametrize("tex", ORDINARY)
def test_ordinary_formula_is_typeset(tex: str) -> None:
    assert is_plain_formula(tex)
    assert "mathjax_process" in markdown_to_html(f"$$\n{tex}\n$$")


@pytest.mark.parametrize("tex", POWERFUL)
def test_powerful_formula_is_not_typeset(tex: str) -> None:
    assert not is_plain_formula(tex)
    assert "mathjax_process" not in markdown_to_html(f"$$\n{tex}\n$$")


def test_refused_formula_shows_its_source() -> None:
    assert r"\href{https://a.b}{x}" in markdown_to_html("$\\href{https://a.b}{x}$")


def test_is_plain_formula_accepts_the_commands_of_data_science_notebooks() -> None:
    refused = [c for c in COMMON if not is_plain_formula(rf"\{c}{ARGUMENTS.get(c, '{a}')}")]
    refused += [e for e in ENVIRONMENTS if not is_plain_formula(rf"\begin{{{e}}}a\end{{{e}}}")]

    assert len(COMMON) > 300
    assert refused == []
