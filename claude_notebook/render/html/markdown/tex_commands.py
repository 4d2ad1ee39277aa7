"""TeX commands that a formula may use. They only draw symbols and shapes.

All other commands are shown as source text. The list leaves out links, styles, classes, ids and
files, command definitions, references, boxes that overlap the text next to them, and rules.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPACING = _words(
    """
    enskip enspace hskip hspace kern medspace mkern mskip mspace negmedspace negthickspace
    negthinspace qquad quad space thickspace thinspace
    """
)
"""Spaces. Those that have a length are checked by that length."""

OPERATORS = _words(
    """
    Bbbk Bra Braket Coloneq Coloneqq Eqcolon Eqqcolon KaTeX Ket LaTeX Lsh Pr QED Rsh Set TeX
    adots angl angln approxcolon arccos arcctg arcsin arctan arctg arg argmax argmin backprime
    bigcap bigcup bigcupdot bigcupplus bigodot bigoplus bigotimes bigsqcap bigsqcup bigtimes
    biguplus bigvee bigwedge bmod bra braket cdots ch colon coloncolon coloncolonequals coloneq
    coloneqq colonequals coprod cos cosec cosh cot cotg coth csc ctg cth dblcolon ddots deg det
    differentialD dim dots dotsb dotsc dotsi dotsm dotso dprime dv eqcolon eqqcolon equalscolon
    exp exponentialE fint gcd hdots hom iddots idotsint iff iiiint iiint iint imaginaryI
    impliedby implies inf injlim int intop ker ket ldots lg lim liminf limsup llbracket ln log
    mathop max mid min mod nonumber notag notni nshortmid nshortparallel odv oiiint oiint oint
    ordinarycolon pdv plim pmod pod prime prod projlim qed qprime ratio restriction rrbracket
    sec set sgn sh shortmid shortparallel sin sinh smallint smallsetminus square sum sup surd
    tan tanh tg th trprime varinjlim varliminf varlimsup varprojlim vcentcolon vdots
    """
)
"""Operators and named functions."""

ACCENTS = _words(
    """
    Overrightarrow acute bar bcancel boxed breve cancel cancelto check ddddot dddot ddot dot
    fbox grave hat longdiv mathring not overbrace overbracket overgroup overleftarrow
    overleftharpoon overleftrightarrow overline overparen overrightarrow overrightharpoon sout
    tilde underbar underbrace underbracket undergroup underleftarrow underleftrightarrow
    underline underparen underrightarrow utilde vec widecheck widehat wideparen widetilde
    xcancel
    """
)
"""Marks above, below and across."""

STRUCTURE = _words(
    """
    Big Bigg Biggl Biggm Biggr Bigl Bigm Bigr allowbreak atop begin big bigg biggl biggm
    biggr bigl bigm bigr binom brace brack cfrac choose cr dbinom dfrac displaylimits
    displaystyle end frac hdashline hline hphantom left limits mathbin mathclose
    mathinner mathopen mathord mathpunct mathrel mathstrut middle newline nobreak nobreakspace
    nolimits of operatorname operatornamewithlimits over overset phantom prescript relax right
    root scriptscriptstyle scriptstyle sfrac sideset smash sqrt stackrel strut substack tag
    tbinom textstyle tfrac underoverset underset vcenter vphantom
    """
)
"""Fractions, roots, limits, delimiters and other layout."""

FONTS = _words(
    """
    Bbb Huge LARGE Large Tiny bf bm bold boldsymbol cal color colorbox emph fcolorbox
    footnotesize frak hbox huge it large mathbb mathbf mathbfcal mathbffrak mathbfit mathbfscr
    mathcal mathfrak mathit mathnormal mathrm mathscr mathsf mathsfit mathtt mathup mbox
    normalsize pmb rm scriptsize sf small symbb symbf symcal symfrak symit symscr symsf symtt
    symup text textbf textcolor textit textmd textnormal textrm textsc textsf texttt textup tiny
    tt
    """
)
"""Fonts, sizes, colors and text."""

ARROWS = _words(
    """
    ce eqleftharpoondown eqrightharpoonup pu xLeftarrow xLeftrightarrow xRightarrow
    xhookleftarrow xhookrightarrow xleftarrow xleftharpoondown xleftharpoonup xleftrightarrow
    xleftrightharpoons xlongequal xmapsto xrightarrow xrightharpoondown xrightharpoonup
    xrightleftharpoons xtofrom xtwoheadleftarrow xtwoheadrightarrow
    """
)
"""Stretchable arrows, and chemistry."""

DELIMITERS = _words(
    """
    Downarrow Uparrow Updownarrow Vert backslash downarrow ggg gggtr gt lAngle lBrace lVert
    langle lbrace lbrack lceil lfloor lgroup llangle llcorner lll llless llparenthesis
    lmoustache lparen lrcorner lt lvert rAngle rBrace rVert rangle rbrace rbrack rceil rfloor
    rgroup rmoustache rparen rrangle rrparenthesis rvert ulcorner uparrow updownarrow urcorner
    vert
    """
)
"""Brackets of all kinds."""

LETTERS = _words(
    """
    Alpha Beta Box C Chi Complex Diamond Digamma Epsilon Eta H Harr Im Iota Kappa Larr Mu N Nu
    Omicron P Q R Rarr Re Reals Rho S Tau Z Zeta alef alefsym aleph and angle beth blacksquare
    bull cdot cdotp checkmark circledR clubs cnums copyright dag dagger daleth darr ddag ddagger
    degree diamonds digamma ell empty emptyset exist exists forall ge geq gets gimel half harr
    hbar hearts hslash image infin infty isin land lang larr le leq lnot lor lrarr mapsto
    measuredangle nabla natnums ne neg neq nexists ni omicron or owns partial plusmn pounds rang
    rarr real reals sdot sect spades sub sube supe thetasym to triangle uarr varDelta varGamma
    varLambda varOmega varPhi varPi varPsi varSigma varTheta varUpsilon varXi varkappa
    varnothing weierp wp
    """
)
"""Letters, and names from other TeX dialects."""

SYMBOLS = _words(
    """
    AA AE And Angstrom Bot Bumpeq Cap Coppa Cup DH DJ Delta Doteq Earth Finv Game Gamma Join
    Koppa L Lambda Leftarrow Leftrightarrow Lleftarrow Longleftarrow Longleftrightarrow
    Longrightarrow NG Nand Nor O OE Omega Otimes Perp Phi Pi Psi Rightarrow Rrightarrow Sampi
    Sigma Sqcap Sqcup Stigma Subset Supset TH Theta Upsilon VDash Vdash Vee Vvdash Wedge Xi Xor
    aa ae alpha amalg approx approxeq arceq ast astrosun asymp backcong backdprime backepsilon
    backsim backsimeq backtrprime ballotx barcap barcup barvee barwedge because beta between
    bigcirc bigdoublevee bigdoublewedge bigstar bigtriangledown bigtriangleup blackhourglass
    blacklozenge blacktriangle blacktriangledown blacktriangleleft blacktriangleright bot bowtie
    boxast boxbox boxcircle boxdot boxminus boxplus boxslash boxtimes bullet bumpeq c cap
    capbarcup capdot capovercup cent chi circ circeq circlearrowleft circlearrowright circledS
    circledast circledcirc circleddash circledequal circledparallel circledvert circlehbar
    closedvarcap closedvarcup clubsuit complement concavediamond concavediamondtickleft
    concavediamondtickright cong coppa cup cupovercap curlyeqprec curlyeqsucc curlyvee
    curlywedge curvearrowleft curvearrowright dashleftarrow dashrightarrow dashv delta dh
    diagdown diagup diameter diamond diamondsuit div divideontimes dj doteq doteqdot dotminus
    dotplus doublebarvee doublebarwedge doublecap doublecup downdownarrows downharpoonleft
    downharpoonright epsilon eqcirc eqdef eqeq eqeqeq eqsim eqslantgtr eqslantless equal equiv
    eta eth euro fallingdotseq female flat frown fullouterjoin gamma geqq geqslant gg gnapprox
    gneq gneqq gnsim gtrapprox gtrdot gtreqless gtreqqless gtrless gtrsim gvertneqq heartsuit
    hookleftarrow hookrightarrow hourglass i imageof imath in intBar intbar intcap intclockwise
    intcup intercal interleave intlarhk intx invlazys iota j jmath kappa koppa l lambda ldotp
    leadsto leftarrow leftarrowtail leftharpoondown leftharpoonup leftleftarrows leftmoon
    leftouterjoin leftrightarrow leftrightarrows leftrightharpoons leftrightsquigarrow
    leftthreetimes leqq leqslant lessapprox lessdot lesseqgtr lesseqqgtr lessgtr lesssim lhd
    lightning ll lnapprox lneq lneqq lnsim longleftarrow longleftrightarrow longmapsto
    longrightarrow looparrowleft looparrowright lozenge lozengeminus ltimes lvertneqq male
    maltese mapsfrom mathellipsis mathsterling measeq mho minusdot minusfdots minusrdots models
    mp mu multimap nLeftarrow nLeftrightarrow nRightarrow nVDash nVdash natural ncong nearrow ng
    ngeq ngeqq ngeqslant ngtr nleftarrow nleftrightarrow nleq nleqq nleqslant nless nmid notin
    nparallel nprec npreceq nrightarrow nsim nsubset nsubseteq nsubseteqq nsucc nsucceq nsupset
    nsupseteq nsupseteqq ntriangleleft ntrianglelefteq ntriangleright ntrianglerighteq nu nvDash
    nvdash nwarrow o obar obslash oc odiv odot oe ogreaterthan olessthan omega ominus operp
    oplus origof oslash otimes otimeshat parallel permil perp phi pi pitchfork pm pointint prec
    precapprox preccurlyeq preceq precnapprox precneqq precnsim precsim propto psi questeq r rhd
    rho rightarrow rightarrowtail rightharpoondown rightharpoonup rightleftarrows
    rightleftharpoons rightmoon rightouterjoin rightrightarrows rightsquigarrow rightthreetimes
    risingdotseq rppolint rtimes sampi scpolint searrow setminus sharp shift shneg shpos shuffle
    sigma sim simeq smallfrown smallsmile smashtimes smile smiley spadesuit sphericalangle sqcap
    sqcup sqint sqsubset sqsubseteq sqsupset sqsupseteq ss sslash star stareq stigma strictfi
    strictif subset subseteq subseteqq subsetneq subsetneqq succ succapprox succcurlyeq succeq
    succnapprox succneqq succnsim succsim sun supset supseteq supseteqq supsetneq supsetneqq
    swarrow tau textasciicircum textasciitilde textbackslash textbar textbardbl textbraceleft
    textbraceright textbullet textcopyright textdagger textdaggerdbl textdegree textdollar
    textellipsis textemdash textendash texteuro textgreater textless textquotedblleft
    textquotedblright textquoteleft textquoteright textregistered textsterling textunderscore
    textvisiblespace therefore theta thickapprox thicksim threedotcolon times top triangledown
    triangleleft trianglelefteq triangleminus triangleplus triangleq triangleright
    trianglerighteq triangletimes twocaps twocups twoheadleftarrow twoheadrightarrow typecolon u
    unlhd unrhd upharpoonleft upharpoonright uplus upsilon upuparrows v vDash varclubsuit
    varcoppa vardiamondsuit varepsilon varheartsuit varointclockwise varphi varpi varpropto
    varrho varsigma varspadesuit varsubsetneq varsubsetneqq varsupsetneq varsupsetneqq vartheta
    vartriangle vartriangleleft vartriangleright varvdots vdash vee veebar veedot veedoublebar
    veeeq veeonvee wedge wedgebar wedgedot wedgedoublebar wedgeonwedge wedgeq
    whitesquaretickleft whitesquaretickright wn wr xi yen zeta
    """
)
"""Single symbols."""

FURTHER = _words(
    """
    SI abs ang buildrel cases celsius cline comm d dd displaylines eqalign ev evaluated expval
    grad hfill indep intertext ketbra laplacian lq mathbbm mathds matrix mel multicolumn norm
    num order pmatrix qty rq shortintertext si textsubscript textsuperscript unit va vb vu
    """
)
"""Plain TeX, and packages for physics, units and indicator functions."""

COMMANDS = (
    SPACING
    | OPERATORS
    | ACCENTS
    | STRUCTURE
    | FONTS
    | ARROWS
    | DELIMITERS
    | LETTERS
    | SYMBOLS
    | FURTHER
)
"""Every command that a formula may use, without its backslash."""

SMALL = (
    (ACCENTS - _words("boxed cancelto fbox longdiv"))
    | OPERATORS
    | DELIMITERS
    | LETTERS
    | SYMBOLS
    | _words(
        r"""
        bm boldsymbol dfrac frac mathbb mathbf mathcal mathit mathrm operatorname right left sqrt
        text textrm textstyle tfrac , ; : { } | % $ & _
        """
    )
)
"""Commands whose argument does not count towards height or width, as it hardly exceeds a line."""

ENVIRONMENTS = _words(
    """
    Bmatrix Bmatrix* CD Vmatrix Vmatrix* align align* alignat alignat* alignedat aligned array
    bmatrix bmatrix* bordermatrix cases darray dcases drcases equation equation* gather gather*
    gathered matrix matrix* multline multline* pmatrix pmatrix* rcases smallmatrix split subarray
    vmatrix vmatrix* eqnarray eqnarray* displaymath math flalign flalign* psmallmatrix
    bsmallmatrix cases* dcases*
    """
)
"""Environments that may begin in a formula."""
