"""Spanish phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["SPANISH"]

SPANISH = Phrases(
    language="es",
    words_per_second=2.6,
    small_words=(
        "el la los las y es una un que en de del con por su sus "
        "se no para como pero más al lo esta este él ella a o e u "
        "sobre hasta desde entre muy ya le les fue había sin hacia"
    ),
    clause_openers="que quien cuyo cuya donde porque cuando mientras si aunque antes después hasta como para pues",
    joiners="y e pero entonces luego",
    last_joint=" y ",
    times={
        "dawn": ("el amanecer extiende una suave luz rosada", "amanec* alba madrugada mañana"),
        "day": ("el día da una luz clara y pareja", "día días mediodía sol soleado tarde"),
        "sunset": ("el atardecer tiñe todo de oro y rojo", "atardec* ocaso anochec* crepúsculo"),
        "night": ("la noche pone una fría luz de luna sobre todo", "noche noches medianoche luna estrella*"),
    },
    weathers={
        "rain": ("la lluvia brilla en cada superficie", "lluvi* llueve llovía charco*"),
        "snow": ("la nieve suaviza todas las formas", "nieve* nieva invierno hielo helad*"),
        "fog": ("la niebla borra la distancia", "niebla neblina bruma*"),
        "storm": ("la tormenta ilumina el cielo con relámpagos", "tormenta* tempestad* relámpago* trueno* huracán*"),
        "wind": ("el viento mueve todo lo que es ligero", "viento* brisa*"),
    },
    places={
        "sea": ("el mar se extiende hacia el fondo", "mar mares océano* playa* ola olas costa* puerto* acantilado*"),
        "lake": ("un lago tranquilo descansa al lado", "lago lagos estanque*"),
        "river": ("un río cruza el encuadre", "río ríos arroyo*"),
        "mountains": ("las montañas cierran el horizonte", "montaña* cumbre* valle* colina* sierra"),
        "forest": ("el bosque se alza como un muro oscuro de árboles", "bosque* selva*"),
        "city": ("la ciudad dibuja su línea de tejados", "ciudad* calle* rascacielos metro"),
        "desert": ("el desierto ondula hasta el horizonte", "desierto* duna*"),
        "field": (
            "los campos y un pueblo se tienden en anchas franjas",
            "campo campos prado* pueblo* granja* jardín* huerto*",
        ),
        "room": (
            "la habitación guarda la escena en una cálida penumbra",
            "habitación* cocina* taller* desván* biblioteca* dormitorio*",
        ),
        "space": ("el espacio se abre, negro y lleno de estrellas", "espacio cosmos planeta* cohete* galaxia*"),
    },
    moods={
        "calm": (
            "el ambiente es tranquilo y los colores son sobrios",
            "tranquil* calma* silenci* lent* suave* sueñ* duerm*",
        ),
        "joy": (
            "el ambiente es alegre y los colores son cálidos y vivos",
            "alegr* ríe* risa* feliz* bail* sonr* fiesta*",
        ),
        "sorrow": (
            "el ambiente es triste y los colores son pálidos y fríos",
            "trist* llor* lágrima* soledad murió muerte",
        ),
        "tension": (
            "el ambiente es tenso y los contrastes son fuertes",
            "miedo* peligro* huy* huir lucha* grit* amenaz*",
        ),
        "mystery": (
            "el ambiente es misterioso y las sombras son profundas",
            "misteri* secret* magi* mágic* fantasma* extrañ* desapar*",
        ),
        "warmth": (
            "el ambiente es tierno y la luz es cálida y suave",
            "amor* ama amig* familia* abraz* corazón* madre",
        ),
    },
    subjects={
        "keeper": ("el farero", "farero*"),
        "lighthouse": ("el faro", "faro faros"),
        "girl": ("la niña", "niña niñas chica* hija hermana"),
        "boy": ("el niño", "niño chico* hijo hermano"),
        "child": ("los niños", "niños criatura*"),
        "woman": ("la mujer", "mujer* madre abuela señora"),
        "man": ("el hombre", "hombre* padre abuelo señor pescador*"),
        "dog": ("el perro", "perro* perra"),
        "cat": ("el gato", "gato* gata gatito*"),
        "bird": ("el pájaro", "pájaro* gaviota* búho* águila* cuervo*"),
        "horse": ("el caballo", "caballo*"),
        "ship": ("el barco", "barco* barca* buque* vela velas velero*"),
        "house": ("la casa", "casa casas cabaña*"),
        "castle": ("el castillo", "castillo* fortaleza*"),
        "tree": ("el árbol", "árbol* roble*"),
        "car": ("el coche", "coche* auto"),
        "train": ("el tren", "tren trenes"),
        "dragon": ("el dragón", "dragón dragones"),
        "robot": ("el robot", "robot*"),
        "king": ("el rey", "rey reyes reina* príncipe* princesa*"),
    },
    opening_shots=(
        "Plano general de apertura",
        "Plano entero con un horizonte marcado",
        "Plano medio corto sobre un fondo suave",
        "Toma desde un ángulo bajo",
        "Vista de pájaro",
    ),
    further_shots=(
        "Primer plano de un detalle de la misma escena",
        "El mismo lugar visto a través del primer término",
        "Siluetas a contraluz en la misma escena",
        "Plano corto que muestra la reacción",
        "Reflejos y sombras de la misma escena",
        "Plano lejano en el que la escena se hace pequeña",
        "Vista lateral a la altura de los ojos",
    ),
    cameras={
        CameraCommand.PUSH_IN: "La cámara se acerca despacio",
        CameraCommand.PULL_OUT: "La cámara se aleja despacio",
        CameraCommand.PAN_LEFT: "La cámara gira con suavidad a la izquierda",
        CameraCommand.PAN_RIGHT: "La cámara gira con suavidad a la derecha",
        CameraCommand.TILT_UP: "La cámara levanta la mirada",
        CameraCommand.TILT_DOWN: "La cámara baja la mirada",
        CameraCommand.TRUCK_LEFT: "La cámara se desliza de lado a la izquierda",
        CameraCommand.TRUCK_RIGHT: "La cámara se desliza de lado a la derecha",
        CameraCommand.PEDESTAL_UP: "La cámara sube en vertical",
        CameraCommand.ZOOM_IN: "El objetivo acerca la imagen con suavidad",
        CameraCommand.TRACKING_SHOT: "La cámara sigue el movimiento del encuadre",
        CameraCommand.STATIC_SHOT: "La cámara permanece quieta",
        CameraCommand.SHAKE: "La cámara en mano tiembla un poco",
    },
    flow="el movimiento parte del último fotograma de la toma anterior",
    start="el movimiento empieza en el primer fotograma de la película",
    kept_in_view="en el encuadre: {subjects}",
    style="estilo visual",
    still="Imagen fija al final de la toma: {beat}; {ending}; {light}.",
    last_still="Última imagen de la película: {beat}; {ending}; {light}.",
    endings=(
        "el motivo principal queda un poco a un lado",
        "todo se detiene en el centro del encuadre",
        "arriba queda mucho espacio vacío",
        "las líneas llevan la mirada al horizonte",
        "el primer término está nítido y el fondo suave",
    ),
    bridges=(
        (
            "Así empieza esta historia.",
            "Nada anuncia todavía un cambio.",
            "Todo está en su lugar.",
            "El tiempo pasa despacio.",
            "Hay silencio.",
            "Cada detalle guarda una promesa.",
            "El mundo contiene la respiración.",
        ),
        (
            "Entonces algo cambia.",
            "Nada volverá a ser igual.",
            "El camino continúa.",
            "Surge una pregunta sin respuesta.",
            "Crece la inquietud.",
            "Alguien debe dar el primer paso.",
            "Algo nuevo espera.",
        ),
        (
            "Ahora cada instante cuenta.",
            "Ya no hay vuelta atrás.",
            "Todo depende de un solo momento.",
            "Los corazones laten más fuerte.",
            "El valor llega en el último minuto.",
            "La respuesta está muy cerca.",
            "Este es el momento.",
        ),
        (
            "Poco a poco vuelve la calma.",
            "Queda un recuerdo que no se apaga.",
            "Algo termina y algo comienza.",
            "Ahora se puede respirar.",
            "Todo vuelve a su sitio.",
            "Así termina esta historia.",
            "Fin.",
        ),
    ),
    later=(
        "Poco después",
        "Enseguida",
        "En ese silencio",
        "Mientras tanto",
        "Un paso más allá",
        "Una vez más",
        "Más tarde",
        "Todavía",
    ),
    untitled="Una historia breve",
    notes=(
        "Un solo estilo en toda la película; al principio, {light}. "
        "{subjects}Cada toma empieza en la imagen en que termina "
        "la anterior; los personajes, la ropa y los lugares no cambian."
    ),
    foreign_note="La historia está en otro idioma y este planificador no traduce: la narración solo la acompaña.",
)
