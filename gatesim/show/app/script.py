"""The script that Streamlit runs anew whenever something moves."""

from gatesim.show.app.view import main

main()
